package console

import (
	"net/http"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/till"
)

// allowed lets through who may service the till. What is done to devices and
// to the journal is no command of the till, so the till is asked first: a
// cashier needs somebody's PIN for each action, as for a command.
func (c *Console) allowed(next http.HandlerFunc) http.HandlerFunc {
	return c.signedIn(func(w http.ResponseWriter, r *http.Request) {
		ctx, stop := c.commandContext(r)
		err := c.do(ctx, till.Allow{Permission: catalog.MayService})
		stop()
		if err != nil {
			c.refuse(w, r, http.StatusUnprocessableEntity, fault.Of(err))
			return
		}
		next(w, r)
	})
}
