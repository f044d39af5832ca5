package moysklad

import (
	"context"
	"errors"
	"net/http"

	"github.com/kassa-pos/kassa/pos/catalog"
)

// wireSerial is a serial number and whose it is.
type wireSerial struct {
	entity
	Assortment entity `json:"assortment"`
}

// Serials reads the serial numbers, page by page. What names no item or no
// number is left out. A login without the right to see them has none.
func (c *Client) Serials(ctx context.Context, each func([]catalog.Serial) error) error {
	err := list(ctx, c, nil, "/entity/sn", "", func(rows []wireSerial, _ int64) error {
		all := make([]catalog.Serial, 0, len(rows))
		for i := range rows {
			if s := (catalog.Serial{Number: string(rows[i].Name), Item: rows[i].Assortment.id()}); s.Number != "" && s.Item != "" {
				all = append(all, s)
			}
		}
		return each(all)
	})
	if notAllowed(err) {
		c.log.WarnContext(ctx, "serial numbers may not be read", "dev", Destination)
		return nil
	}
	return failure(err)
}

// notAllowed tells a refusal for want of a right or a tariff; that of a
// cashier who is none any more is no such thing.
func notAllowed(err error) bool {
	var e *Error
	if !errors.As(err, &e) || e.Status != http.StatusForbidden {
		return false
	}
	switch e.Code {
	case 12013, 12016, 12018, 12022, 4000:
		return false
	}
	return true
}
