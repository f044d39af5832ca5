package config

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/kassa-pos/kassa/pos/fault"
)

// What is kept beside a file: the one before the last change made here, and the
// last one a till has started with.
const (
	oldSuffix  = ".bak"
	goodSuffix = ".good"
)

func dirOf(path string) string { return filepath.Dir(path) }

// Digest names a file's text.
func Digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Read gives a file's text.
func Read(path string) ([]byte, error) { return readLimited(path, MaxSize) }

// Change changes a file as somebody wishes who has seen the text that digest
// names: what came out is validated first, so a till starts with it, and then
// replaces the file, whose old text is kept beside it. dry changes nothing. A
// file that somebody has changed meanwhile is fault.ConfigChanged; what is
// wrong with the wish is Problems.
func Change(path, digest string, w Wish, dry bool) (edits []Edit, err error) {
	text, err := Read(path)
	if err != nil {
		return nil, err
	}
	if digest != "" && digest != Digest(text) {
		return nil, fault.New(fault.ConfigChanged, path)
	}
	if edits, err = Edits(text, path, w); err != nil || len(edits) == 0 {
		return nil, err
	}
	next, err := Apply(text, edits)
	if err != nil {
		return nil, err
	}
	if _, err := Parse(next, path); err != nil {
		return nil, err
	}
	if dry {
		return edits, nil
	}
	real, err := filepath.EvalSymlinks(path) // an image's file is a link to the partition that may be written
	if err != nil {
		return nil, fault.New(fault.PathBad, path, plain(err)).With(err)
	}
	if err := errors.Join(replace(real+oldSuffix, real, text), replace(real, real, next)); err != nil {
		return nil, fault.New(fault.PathBad, path, plain(err)).With(err)
	}
	return edits, nil
}

// replace puts a text in a file's place, so that a cut leaves the one or the
// other; mode and owner are those of like.
func replace(path, like string, text []byte) error {
	fi, err := os.Stat(like)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".kassa-new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Chmod(fi.Mode().Perm()), own(f, fi), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// KeepGood remembers the text of a configuration that a till has started with,
// unless it does already.
func KeepGood(c *Config) error {
	if c.Path == "" || c.Old {
		return nil
	}
	real, err := filepath.EvalSymlinks(c.Path)
	if err != nil {
		return err
	}
	if had, err := Read(real + goodSuffix); err == nil && bytes.Equal(had, c.Text) {
		return nil
	}
	return replace(real+goodSuffix, real, c.Text)
}

// LoadGood loads the configuration that a till started with the last time, for
// one whose file does not do: instead is the text it is not to be, nil for
// whatever the file is. No such file, or the same text, is an error.
func LoadGood(path string, instead *Config) (*Config, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	real, err := filepath.EvalSymlinks(abs)
	if err != nil {
		real = abs // it is gone; the good one stands beside it
	}
	text, err := Read(real + goodSuffix)
	if err != nil {
		return nil, err
	}
	if instead != nil && bytes.Equal(text, instead.Text) {
		return nil, Bad(path, "", wrongly("последний годный — тот же самый", "the last good one is the same"))
	}
	c, err := Parse(text, abs)
	if err == nil {
		c.Old = true
	}
	return c, err
}

// Digest names the text this was read from; "" for the defaults.
func (c *Config) Digest() string {
	if c.Text == nil {
		return ""
	}
	return Digest(c.Text)
}

// KeyOf is the key an error of this package is about; "" none.
func KeyOf(e *fault.Error) string {
	switch {
	case e.Code == fault.ConfigBad && len(e.Args) > badWhy:
		return e.Args[badKey]
	case (e.Code == fault.ConfigMissing || e.Code == fault.ConfigUnknown) && len(e.Args) > 0:
		key, _, _ := strings.Cut(e.Args[0], " ")
		return key
	}
	return ""
}

// WhyOf is what is wrong with the key that an error of this package is about, in
// lang and without the names of file and key, which stand beside it in a form.
func WhyOf(e *fault.Error, lang string) string {
	if e.Code == fault.ConfigBad && len(e.Args) > badWhy {
		return fault.Said(e.Args[badWhy], lang)
	}
	return e.Text(lang)
}

// ProblemsOf are the single errors of one of this package.
func ProblemsOf(err error) []*fault.Error {
	var all Problems
	switch {
	case err == nil:
		return nil
	case errors.As(err, &all):
		return all
	}
	return []*fault.Error{fault.Of(err)}
}
