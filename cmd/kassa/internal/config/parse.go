package config

import (
	"bytes"
	"encoding"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/kassa-pos/kassa/pos/fault"
)

// maxUnknown is how many unknown keys an error lists.
const maxUnknown = 20

// one and many are the two forms of the file: [scanner] and [[scanner]].
type one struct {
	Config
	Scanner *Scanner `toml:"scanner"`
}

type many struct {
	Config
	Scanner []Scanner `toml:"scanner"`
}

// Parse reads a file's text; path is the file it came from, for errors and
// for what is relative to it.
func Parse(text []byte, path string) (*Config, error) {
	if len(text) > MaxSize {
		return nil, Bad(path, "", tooLong(MaxSize))
	}
	// A file made by an editor on Windows starts with a byte order mark.
	plain := bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	c, err := decode(plain)
	if err != nil {
		return nil, explain(err, plain, path)
	}
	c.Path, c.Text = path, text
	c.complete()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return c, nil
}

func decode(text []byte) (*Config, error) {
	var shape struct {
		Scanner any `toml:"scanner"`
	}
	// Errors are left to the strict reading below, which finds them again.
	_ = toml.Unmarshal(text, &shape)
	strict := func(into any) error {
		return toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(into)
	}
	if _, several := shape.Scanner.([]any); several {
		m := many{Config: Defaults()}
		err := strict(&m)
		m.Scanners = m.Scanner
		return &m.Config, err
	}
	o := one{Config: Defaults()}
	err := strict(&o)
	if o.Scanner != nil {
		o.Scanners = []Scanner{*o.Scanner}
	}
	return &o.Config, err
}

// complete fills what a table leaves out and makes paths absolute.
func (c *Config) complete() {
	base := filepath.Dir(c.Path)
	c.Data = under(base, c.Data)
	c.Console.Certificate, c.Console.Key = under(base, c.Console.Certificate), under(base, c.Console.Key)
	c.Customer.Pictures = under(base, c.Customer.Pictures)
	if c.KKT != nil {
		if c.KKT.Driver == "" {
			c.KKT.Driver = "shtrih-m"
		}
		if c.KKT.Password == 0 {
			c.KKT.Password = DefaultPassword
		}
		if c.KKT.Protocol == "" {
			c.KKT.Protocol = "auto"
		}
		if c.KKT.Speed == "" {
			c.KKT.Speed = "fixed"
		}
		if c.KKT.OFDRelay == "" {
			c.KKT.OFDRelay = "auto"
		}
		c.KKT.Credentials = under(base, c.KKT.Credentials)
	}
	if w := c.Watchdog; w != nil {
		if w.Device == "" {
			w.Device = DefaultWatchdog
		}
		if w.Timeout == 0 {
			w.Timeout = DefaultWatchdogTimeout
		}
	}
	for _, path := range []*string{&c.Update.Keys, &c.Update.Run, &c.Update.System} {
		*path = under(base, *path)
	}
	for i := range c.Scanners {
		s := &c.Scanners[i]
		switch {
		case s.Address.Scheme == "hidraw":
			s.Suffix = "none"
		case s.Suffix == "":
			s.Suffix = "cr"
		}
		if s.Name == "" && i == 0 {
			s.Name = "scanner"
		} else if s.Name == "" {
			s.Name = fmt.Sprintf("scanner %d", i+1)
		}
	}
	if d := c.Display; d != nil {
		d.fill()
	}
	if c.GPIO != nil && c.GPIO.PulseMS == 0 {
		c.GPIO.PulseMS = DefaultPulseMS
	}
	if m := c.Cloud.MoySklad; m != nil {
		m.Credentials = under(base, m.Credentials)
	}
	if o := c.Cloud.OFD; o != nil {
		o.Credentials = under(base, o.Credentials)
	}
}

func (d *Display) fill() {
	if d.Driver == "" {
		d.Driver = "vfd"
	}
	if d.CodePage == "" {
		d.CodePage = "cp866"
	}
	if d.Columns == 0 {
		d.Columns = 20
	}
	if d.Rows == 0 {
		d.Rows = 2
	}
}

func under(base, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(base, path)
}

// explain gives the library's errors our codes, with key and line.
func explain(err error, text []byte, path string) error {
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) {
		var keys []string
		for i := range strict.Errors[:min(len(strict.Errors), maxUnknown)] {
			e := &strict.Errors[i]
			row, _ := e.Position()
			keys = append(keys, fmt.Sprintf("%s (%s:%d)", strings.Join(e.Key(), "."), filepath.Base(path), row))
		}
		return fault.New(fault.ConfigUnknown, strings.Join(keys, ", ")).With(err)
	}
	var de *toml.DecodeError
	if !errors.As(err, &de) {
		return Bad(path, "", err).With(err)
	}
	row, column := de.Position()
	what := strings.TrimPrefix(de.Error(), "toml: ")
	why, ours := ownWords(text, row, column, what)
	if !ours {
		why = wrongly("так записать нельзя (%s)", "%s", what)
	}
	return Bad(path, strings.Join(de.Key(), "."), wrongly("строка %d, столбец %d: %v", "line %d, column %d: %v", row, column, why))
}

// ownWords finds what our own types had to say of the value at a place, for the
// library hands on its English text alone.
func ownWords(text []byte, row, column int, what string) (wrong, bool) {
	at := 0
	for range row - 1 {
		at = lineEnd(string(text), at)
	}
	at = min(at+column-1, len(text))
	var v struct{ V string }
	if toml.Unmarshal([]byte("V = "+string(text[at:valueEnd(string(text), at)])), &v) != nil {
		return wrong{}, false
	}
	for _, into := range []encoding.TextUnmarshaler{new(URI), new(Duration)} {
		var w wrong
		if errors.As(into.UnmarshalText([]byte(v.V)), &w) && w.en == what {
			return w, true
		}
	}
	return wrong{}, false
}
