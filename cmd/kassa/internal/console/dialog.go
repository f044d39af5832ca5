package console

import (
	"net/http"
	"net/url"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/fault"
)

// dialog fills a dialog's template from the address it was opened by, or says
// why it can not be opened. nil needs nothing but the screen.
type dialog func(c *Console, query url.Values, s *screen) (any, *fault.Error)

// dialogs are the questions a person can open, by the last part of the path.
// Each is rendered by the template "dialog-NAME".
var dialogs = map[string]dialog{
	"buyer":   buyerDialog,
	"contact": contactDialog,

	"more":      nil,
	"park":      parkDialog,
	"no-sale":   nil,
	"take-back": takeBackDialog,
	"buy":       buyDialog,
	"scanned":   scannedDialog,

	"claims":     claimsDialog,
	"hand-over":  handOverDialog,
	"repay":      repayDialog,
	"prepay":     prepayDialog,
	"sell-claim": sellClaimDialog,
	"orders":     ordersDialog,
	"explain":    explainDialog,
	"why":        whyDialog,
	"promotions": promotionsDialog,

	"stock":        func(*Console, url.Values, *screen) (any, *fault.Error) { return goTo("/stock"), nil },
	"stock-begin":  stockBeginDialog,
	"stock-about":  sheetDialog,
	"stock-line":   stockLineDialog,
	"stock-find":   stockFindDialog,
	"stock-count":  stockCountDialog,
	"stock-more":   sheetDialog,
	"stock-cancel": sheetDialog,
	"stock-finish": stockFinishDialog,

	"sync-done": parkedDialog,

	"user-add":   userAddDialog,
	"user":       userDialog,
	"user-pin":   userDialog,
	"user-badge": userDialog,

	"make-item":     makeItemDialog,
	"make-customer": makeCustomerDialog,
	"make-order":    makeOrderDialog,

	"terms":    nil,
	"discount": adjustDialog,
	"price":    priceDialog,
	"note":     noteDialog,
	"customer": nil,
	"coupon":   nil,
	"bonus":    nil,

	"cash-in":     cashInDialog,
	"cash-out":    cashOutDialog,
	"drawer":      drawerDialog,
	"doubt":       doubtDialog,
	"code":        codeDialog,
	"find":        nil,
	"accept-fn":   acceptFNDialog,
	"undo":        undoDialog,
	"missed":      missedDialog,
	"shift-close": shiftCloseDialog,
	"shift-open":  shiftOpenDialog,
}

// dialogData is what the template of a dialog is given.
type dialogData struct {
	*screen
	Lang string
	Once string // id of the document that the dialog makes
	D    any    // what the dialog's function gave
}

// dialog answers with the inside of a dialog.
func (c *Console) dialog(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	fill, known := dialogs[name]
	if !known {
		c.refuse(w, r, http.StatusNotFound, fault.New(fault.NotFound, shortened(name)))
		return
	}
	loc := c.localeOf(r)
	v, _ := c.o.Till.View()
	data := dialogData{screen: c.screen(loc, v, c.o.Now()), Lang: loc.name, Once: uuid.NewString()}
	if fill != nil {
		d, err := fill(c, r.URL.Query(), data.screen)
		if err != nil {
			c.refuse(w, r, http.StatusUnprocessableEntity, err)
			return
		}
		if to, page := d.(goTo); page {
			w.Header().Set("Kassa-Go", string(to))
			w.WriteHeader(http.StatusNoContent)
			return
		}
		data.D = d
	}
	loc.write(w, c.o.Log, "dialog-"+name, data)
}
