package console

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/kassa-pos/kassa/pos/fault"
)

// Cookies that hold a browser's choices.
const (
	langCookie  = "kassa_lang"
	themeCookie = "kassa_theme"
	year        = 365 * 24 * 3600 // seconds
)

// Themes a person may choose; the first follows the system.
var themes = []string{"auto", "light", "dark"}

// localeOf is the language the browser chose, or the till's.
func (c *Console) localeOf(r *http.Request) *locale {
	if k, err := r.Cookie(cookieName(r, langCookie)); err == nil {
		if loc, ok := c.langs[k.Value]; ok {
			return loc
		}
	}
	return c.langs[c.o.Language]
}

func themeOf(r *http.Request) string {
	if k, err := r.Cookie(cookieName(r, themeCookie)); err == nil {
		for _, t := range themes {
			if t == k.Value {
				return t
			}
		}
	}
	return themes[0]
}

// setPrefs stores a language or a theme and leads back to the page.
func (c *Console) setPrefs(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		c.refuse(w, r, http.StatusBadRequest, fault.New(fault.BadRequest, "form"))
		return
	}
	if lang := r.PostForm.Get("lang"); c.langs[lang] != nil {
		http.SetCookie(w, cookie(r, langCookie, lang, year))
	}
	for _, t := range themes {
		if t == r.PostForm.Get("theme") {
			http.SetCookie(w, cookie(r, themeCookie, t, year))
		}
	}
	http.Redirect(w, r, ownPath(r.PostForm.Get("back")), http.StatusSeeOther)
}

// ownPath keeps a redirect on this server.
func ownPath(p string) string {
	u, err := url.Parse(p)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") || strings.Contains(p, `\`) {
		return "/"
	}
	return u.Path
}
