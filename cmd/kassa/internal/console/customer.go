package console

import (
	"cmp"
	"net/http"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/pictures"
)

// thanked is how long the customer's screen shows what was paid, and the code
// of the receipt to photograph, when nobody else comes.
const thanked = time.Minute

// DefaultPictureTime is how long a picture stays where the options do not say.
const DefaultPictureTime = 10 * time.Second

// Customer is how the customer's screen is.
type Customer struct {
	Language string           // "ru", "en"; "": the browser's choice, as on other pages
	Pictures *pictures.Folder // shown while nobody buys; nil: none
	Each     time.Duration    // a picture stays for; 0: DefaultPictureTime
}

// pageLocale is the language of a page. That of the customer's screen is not
// the cashier's: "?lang=en" asks for one, then come the options.
func (c *Console) pageLocale(r *http.Request, page string) *locale {
	if page == "kiosk" { // that of whoever stands before it
		return c.langs[cmp.Or(c.kioskLang(), c.o.Language)]
	}
	if page != "customer" {
		return c.localeOf(r)
	}
	for _, name := range []string{r.URL.Query().Get("lang"), c.o.Customer.Language} {
		if loc := c.langs[name]; loc != nil {
			return loc
		}
	}
	return c.localeOf(r)
}

func (c *Console) customerPage(w http.ResponseWriter, r *http.Request) {
	c.page(w, r, "customer", "customer.title", nil)
}

// picture sends one of the pictures.
func (c *Console) picture(w http.ResponseWriter, r *http.Request) {
	if c.o.Customer.Pictures == nil {
		http.NotFound(w, r)
		return
	}
	c.o.Customer.Pictures.ServePicture(w, r, r.PathValue("id"))
}

// Sold tells whether the customer is still thanked for the last purchase.
func (s *screen) Sold() bool { return s.V.Last != nil && s.thankedFor(thanked) }

// thankedFor tells whether the last purchase is younger; a clock that was set
// ends it too.
func (s *screen) thankedFor(most time.Duration) bool {
	age := s.Now.Sub(s.V.Last.At)
	return -most < age && age < most
}

// Pictures are the addresses of those to show, the first to be shown first.
func (s *screen) Pictures() (all []string) {
	if s.customer.Pictures == nil {
		return nil
	}
	for _, p := range s.customer.Pictures.All() {
		all = append(all, "/pictures/"+p.ID)
	}
	return all
}

// PictureList is the same for the page's script.
func (s *screen) PictureList() string { return strings.Join(s.Pictures(), " ") }

// PictureTime is how long each stays, in milliseconds.
func (s *screen) PictureTime() int64 {
	if s.customer.Each > 0 {
		return s.customer.Each.Milliseconds()
	}
	return DefaultPictureTime.Milliseconds()
}
