package console

import (
	"context"
	"time"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/gs1"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/till"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
)

// Books finds what commands need that a screen does not hold. The integrator's
// face does: *api.API.
type Books interface {
	// ByReceipt finds a sale of this till by its QR code, however old.
	ByReceipt(ctx context.Context, qr gs1.Receipt) (*doc.Document, error)
	// Other reads another till's receipt and what has not come back of it here.
	Other(ctx context.Context, code string) (of *doc.OtherReceipt, left money.Amount, err error)
	// Orders asks the cloud for the customers' orders; OrderCheque makes the
	// command of one.
	Orders(ctx context.Context) ([]catalog.Order, error)
	OrderCheque(ctx context.Context, o *catalog.Order) (till.TakeOrder, error)
	// Prepaid tells what a prepayment was for.
	Prepaid(ctx context.Context, c *till.Claim) ([]api.PrepaidLine, error)
}

// lookupTimeout bounds a look into the journal or the cloud before a person's
// command.
const lookupTimeout = 20 * time.Second

// lookingUp bounds a look-up; it ends with the console too.
func (c *Console) lookingUp() (context.Context, context.CancelFunc) {
	return context.WithTimeout(c.ctx, lookupTimeout)
}

// goTo is what a dialog gives that is a page instead.
type goTo string
