package console

import (
	"strings"
	"testing"
	"time"
)

// Tiles with stock say of which moment it is and how old that is; those
// without say nothing.
func TestStockAt(t *testing.T) {
	at := moment.Add(-26 * time.Hour)
	d := newDesk(t, func(o *Options) { o.StockAt = func() time.Time { return at } })
	b := d.signedIn()
	said := "Остаток на " + at.Format("02.01.2006 15:04") + ", возраст 1 день"
	if page := b.get("/tiles?folder=milk").body; !strings.Contains(page, said) {
		t.Errorf("no %q in %s", said, page)
	}
	if page := b.get("/tiles?q=zzzz").body; strings.Contains(page, "Остаток на") {
		t.Errorf("stock of what has none: %s", page)
	}
	at = time.Time{}
	if page := b.get("/tiles?folder=milk").body; strings.Contains(page, "Остаток на") {
		t.Errorf("a moment that nobody knows: %s", page)
	}
}
