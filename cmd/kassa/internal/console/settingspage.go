package console

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/config"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
)

// The configuration as a form, a section at a time.

// settingsView is the form.
type settingsView struct {
	api.SettingsState
	Now    config.Section // that is shown
	Wrong  map[string]string
	Typed  url.Values // what was refused; nil: the file's
	Saved  bool
	Same   bool
	Begun  bool // the till starts again
	Still  *fault.Error
	Failed *fault.Error
}

func (c *Console) settingsRoutes(m *router) {
	if c.o.Settings == nil {
		return
	}
	m.HandleFunc("GET /settings", c.signedIn(func(w http.ResponseWriter, r *http.Request) {
		c.settingsPage(w, r, &settingsView{}, r.URL.Query().Get("of"))
	}))
	m.HandleFunc("POST /settings", c.signedIn(c.saveSettings))
	m.HandleFunc("POST /settings/restart", c.signedIn(c.restartTill))
}

// HasSettings tells whether there is a page of them for the person at the till.
func (s *screen) HasSettings() bool { return s.settings && s.May(catalog.MaySettings) }

// settingsPage shows a section; nothing to who may not change it.
func (c *Console) settingsPage(w http.ResponseWriter, r *http.Request, v *settingsView, of string) {
	c.page(w, r, "settings", "settings.title", func(p *pageData) error {
		if !p.May(catalog.MaySettings) {
			return nil
		}
		state, err := c.o.Settings.Read()
		if err != nil {
			v.Failed = fault.Of(err)
		}
		v.SettingsState, v.Still = state, fault.Of(c.o.Settings.Still())
		for i, s := range state.Sections {
			if i == 0 || s.Name == of {
				v.Now = s
			}
		}
		p.Settings = v
		return nil
	})
}

// saveSettings takes "of", the section, "digest", of the file that was shown,
// and its fields by their keys; "there" of a section that may be left out.
func (c *Console) saveSettings(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		c.refuse(w, r, formStatus(err), formFault(err))
		return
	}
	v, of := &settingsView{}, r.PostForm.Get("of")
	done, err := c.changeSettings(r, of)
	switch {
	case err != nil:
		v.Failed = fault.Of(err)
	case done.OK:
		v.Saved, v.Same = len(done.Changed) > 0, len(done.Changed) == 0
	default:
		loc := c.localeOf(r)
		v.Typed, v.Wrong = r.PostForm, map[string]string{}
		for _, p := range done.Problems {
			v.Wrong[p.Key] = wrongHere(loc, p)
			if _, shown := r.PostForm[fieldName(p.Key)]; !shown {
				v.Failed = p.Fault
			}
		}
	}
	c.settingsPage(w, r, v, of)
}

// wrongHere says what is wrong without the file's and the key's name, which
// stand beside it.
func wrongHere(loc *locale, p api.FieldProblem) string {
	if p.Code == fault.ConfigBad {
		return config.WhyOf(p.Fault, loc.name)
	}
	return loc.fault(p.Fault)
}

func (c *Console) changeSettings(r *http.Request, of string) (api.SettingsDone, error) {
	state, err := c.o.Settings.Read()
	if err != nil {
		return api.SettingsDone{}, err
	}
	w := api.SettingsWish{Digest: r.PostForm.Get("digest"), Wish: config.Wish{Set: map[string]string{}}}
	for _, s := range state.Sections {
		if s.Name != of {
			continue
		}
		there := r.PostForm.Get("there") != ""
		switch {
		case s.Optional && !there:
			w.Drop = append(w.Drop, s.Name)
			continue
		case s.Optional && !s.There:
			w.Add = append(w.Add, s.Name)
		}
		for _, f := range s.Fields {
			if value, filled := fieldOf(&f, r.PostForm); filled {
				w.Set[f.Key] = value
			}
		}
	}
	ctx, stop := c.commandContext(r)
	defer stop()
	return c.o.Settings.Change(ctx, w)
}

// fieldOf reads a field of a form. A flag that is not ticked is not sent.
func fieldOf(f *config.Field, form url.Values) (string, bool) {
	switch {
	case f.Kind == config.KindFixed:
		return "", false
	case f.Kind == config.KindFlag && form.Has(fieldName(f.Key)):
		return "true", true
	case f.Kind == config.KindFlag:
		return "false", f.Value == "true"
	}
	return form.Get(fieldName(f.Key)), form.Has(fieldName(f.Key))
}

func (c *Console) restartTill(w http.ResponseWriter, r *http.Request) {
	ctx, stop := c.commandContext(r)
	defer stop()
	err := c.o.Settings.Restart(ctx)
	c.settingsPage(w, r, &settingsView{Failed: fault.Of(err), Begun: err == nil}, "")
}

// SettingName is what a field is called.
func (s *screen) SettingName(key string) string { return s.loc.must("set." + unnumbered(key)) }

// SectionName is what a section is called.
func (s *screen) SectionName(name string) string {
	plain := unnumbered(name)
	text := s.loc.must("section." + plain)
	if plain != name {
		text += " " + strings.Trim(name[len(plain):], "[]")
	}
	return text
}

// unnumbered takes the number out of "scanner[2].name".
func unnumbered(key string) string {
	i, j := strings.IndexByte(key, '['), strings.IndexByte(key, ']')
	if i < 0 || j < i {
		return key
	}
	return key[:i] + key[j+1:]
}

// Name is a field's in the form: its key with slashes, for what looks like a
// message's key on a page is taken for one that is missing.
func (settingsView) Name(f config.Field) string { return fieldName(f.Key) }

func fieldName(key string) string { return strings.ReplaceAll(key, ".", "/") }

// Value is what stands in a field: what was refused, or the file's.
func (v *settingsView) Value(f config.Field) string {
	if v.Typed == nil {
		return f.Value
	}
	if f.Kind == config.KindFlag {
		if v.Typed.Has(fieldName(f.Key)) {
			return "true"
		}
		return "false"
	}
	return v.Typed.Get(fieldName(f.Key))
}

// There tells whether the section is ticked.
func (v *settingsView) There() bool {
	if v.Typed == nil {
		return v.Now.There
	}
	return v.Typed.Get("there") != ""
}

// SettingsFault says why nothing was changed.
func (p *pageData) SettingsFault() string { return p.loc.fault(p.Settings.Failed) }
