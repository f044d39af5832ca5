// Package support makes the bundle that a shop hands over when it needs help:
// a zip of what is known about the till, and nothing of what is nobody's
// business.
//
// What goes in is chosen, never what stays out: of every structure only the
// members on a list (Keep), of free text only what has the shape of words,
// small numbers and addresses of the shop's network (Plain). Tokens, PINs and
// their hashes, contacts, tails of marking codes and numbers of cards have
// neither a place on the lists nor such a shape.
//
// A bundle is written as it is made, part by part, each bounded in bytes and
// time; a part that fails says so in the manifest and the others follow.
package support

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Limits of a bundle.
const (
	MaxPart  = 1 << 20          // bytes of one part
	MaxParts = 24               //
	partTime = 20 * time.Second // for making one
)

// Part is one file of a bundle.
type Part struct {
	Name  string
	Write func(ctx context.Context, w io.Writer) error
}

// manifest tells what is in a bundle.
type manifest struct {
	Format  string    `json:"format"`
	Version string    `json:"version"` // of the till that has made it
	Made    time.Time `json:"made"`
	Parts   []made    `json:"parts"`
}

type made struct {
	Name  string `json:"name"`
	Bytes int    `json:"bytes"`
	Cut   bool   `json:"cut,omitempty"`   // it was longer
	Error string `json:"error,omitempty"` // the rest of it is missing
}

const format = "kassa-support 1"

// errPart is a part that is longer than it may be.
var errPart = errors.New("longer than a part may be")

// Name is what a bundle is called.
func Name(now time.Time) string { return "kassa-support-" + now.Format("20060102-150405") + ".zip" }

// Write makes a bundle. The error is w's, or of too many parts; what is wrong
// with the parts stands in the bundle.
func Write(ctx context.Context, w io.Writer, version string, now time.Time, parts []Part) error {
	if len(parts) > MaxParts {
		return fmt.Errorf("support: %d parts", len(parts))
	}
	z := zip.NewWriter(w)
	m := manifest{Format: format, Version: version, Made: now}
	var b bounded
	for _, p := range parts {
		b.text, b.cut = b.text[:0], false
		done := makePart(ctx, p, &b)
		m.Parts = append(m.Parts, done)
		if err := put(z, p.Name, now, b.text); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("support: %w", err)
		}
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("support: %w", err)
	}
	if err := put(z, "manifest.json", now, text); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("support: %w", err)
	}
	return nil
}

func makePart(ctx context.Context, p Part, b *bounded) made {
	ctx, cancel := context.WithTimeout(ctx, partTime)
	defer cancel()
	err := p.Write(ctx, b)
	out := made{Name: p.Name, Bytes: len(b.text), Cut: b.cut}
	if err != nil && !errors.Is(err, errPart) {
		out.Error = Plain(err.Error())
	}
	return out
}

func put(z *zip.Writer, name string, now time.Time, text []byte) error {
	f, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: now})
	if err == nil {
		_, err = f.Write(text)
	}
	if err == nil {
		err = z.Flush() // whoever reads along has this part
	}
	if err != nil {
		return fmt.Errorf("support: %w", err)
	}
	return nil
}

// bounded is a buffer that takes MaxPart bytes.
type bounded struct {
	text []byte
	cut  bool
}

func (b *bounded) Write(p []byte) (int, error) {
	if left := MaxPart - len(b.text); len(p) > left {
		b.text, b.cut = append(b.text, p[:left]...), true
		return left, errPart
	}
	b.text = append(b.text, p...)
	return len(p), nil
}

// JSON is a part of a structure's members on a list; see Keep.
func JSON(name string, get func(ctx context.Context) (any, error), allowed ...string) Part {
	return Part{name, func(ctx context.Context, w io.Writer) error {
		v, err := get(ctx)
		if v == nil {
			return err
		}
		kept, err2 := Keep(v, allowed...)
		if err2 != nil {
			return err2
		}
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return errors.Join(err, enc.Encode(kept))
	}}
}
