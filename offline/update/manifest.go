// Package update gets a new release of the till onto its disk, whole and
// proven, before anything that runs is touched.
//
// A release is a RAUC bundle (hundreds of megabytes) and an envelope of a few
// hundred bytes, signed by the releaser, that says what the bundle is: version,
// length, SHA-256, which boards it is for and which journals it can read. RAUC
// checks a signature of its own, but finds a payload that was changed only
// while it copies it, with the spare slot already half overwritten and the
// fallback gone. So the bundle is brought to the data partition first, the
// whole of it is hashed there against the signed manifest, and only then may
// it be installed.
//
// It comes from a channel (an HTTP directory with CHANNEL.json in it, which
// is the envelope of its newest release), from a USB stick or from a file. A
// download that breaks goes on where it stopped.
//
// What is refused (see Manifest.Admit): a bundle for another kind of till, an
// older release unless a technician insists, and always one that could not
// read this till's journal.
//
// A Store may be used by one goroutine at a time; everything else concurrently.
package update

import (
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// MaxBundle is the largest bundle that is fetched, in bytes.
const MaxBundle = 1 << 30

const (
	maxNotes = 4 << 10 // of the release notes in one language, in bytes
	maxText  = 64      // of a version, a channel or a kind of till
	maxForms = 256
)

// Manifest says what a bundle is.
type Manifest struct {
	Version    string            `json:"version"`    // "1.5.0", or "1.5.0-12-g3af9c11" between releases
	Compatible string            `json:"compatible"` // the kind of till it is for, as the image says it of itself
	Channel    string            `json:"channel"`    // "stable", "beta"
	Bundle     string            `json:"bundle"`     // file name, beside the envelope
	Size       int64             `json:"size"`       // bytes
	SHA256     string            `json:"sha256"`     // of the bundle, hexadecimal
	Reads      map[string]int    `json:"reads"`      // the highest version of each form of the journal that this release reads
	Released   time.Time         `json:"released"`
	Notes      map[string]string `json:"notes,omitempty"` // by language: what is new, for the operator
}

var name = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]*$`)

// check refuses what a releaser's mistake could have put in.
func (m Manifest) check() error {
	bad := func(what string) error { return fmt.Errorf("%w: %s", ErrEnvelope, what) }
	if _, err := ParseVersion(m.Version); err != nil {
		return bad(err.Error())
	}
	for _, text := range []string{m.Compatible, m.Channel, m.Bundle} {
		if !name.MatchString(text) || len(text) > maxText || path.Base(text) != text {
			return bad(fmt.Sprintf("unusable name %.80q", text))
		}
	}
	if m.Size <= 0 || m.Size > MaxBundle {
		return bad(fmt.Sprintf("a bundle of %d bytes", m.Size))
	}
	if sum, err := hex.DecodeString(m.SHA256); err != nil || len(sum) != 32 {
		return bad("its SHA-256 is none")
	}
	if len(m.Reads) == 0 || len(m.Reads) > maxForms {
		return bad(fmt.Sprintf("%d forms of a journal", len(m.Reads)))
	}
	for _, text := range m.Notes {
		if len(text) > maxNotes {
			return bad("the notes are too long")
		}
	}
	return nil
}

// Till is what a manifest is compared with.
type Till struct {
	Version    string
	Compatible string
	Holds      map[string]int // the highest version of each form that stands in its journal
}

// Why a good bundle is not for this till.
var (
	ErrOtherTill = errors.New("the update is for another kind of till")
	ErrOlder     = errors.New("the update is older than what runs")
	ErrSame      = errors.New("the update is what runs already")
	ErrJournal   = errors.New("the update can not read this till's journal")
)

// Admit tells whether m may be installed on t. insist is a technician's will: it
// lets an older and the same release through, but never one that could not
// read the journal: the till would not sell with it, and not know its sales.
func (m Manifest) Admit(t Till, insist bool) error {
	if m.Compatible != t.Compatible {
		return fmt.Errorf("%w: it is for %s, this is %s", ErrOtherTill, m.Compatible, t.Compatible)
	}
	for _, form := range slices.Sorted(maps.Keys(t.Holds)) {
		if m.Reads[form] < t.Holds[form] {
			return fmt.Errorf("%w: of %s it reads version %d, the journal has %d", ErrJournal, form, m.Reads[form], t.Holds[form])
		}
	}
	next, err := ParseVersion(m.Version)
	if err != nil {
		return err
	}
	now, err := ParseVersion(t.Version)
	if err != nil || insist {
		return nil // a build of one's own has no version: anything is new to it
	}
	switch c := next.Compare(now); {
	case c < 0:
		return fmt.Errorf("%w: %s after %s", ErrOlder, m.Version, t.Version)
	case c == 0:
		return ErrSame
	}
	return nil
}

// Version is a release, or a build some commits after one.
type Version struct{ Major, Minor, Patch, Commits int }

var version = regexp.MustCompile(`^v?(\d{1,6})\.(\d{1,6})\.(\d{1,6})(?:-(\d{1,6})-g[0-9a-f]{4,40})?(?:-dirty)?$`)

// ParseVersion reads what `git describe` says: v1.5.0 or v1.5.0-12-g3af9c11.
func ParseVersion(s string) (Version, error) {
	m := version.FindStringSubmatch(s)
	if m == nil {
		return Version{}, fmt.Errorf("%.80q is no version", s)
	}
	var n [4]int
	for i, digits := range m[1:] {
		if digits == "" {
			continue
		}
		v, err := strconv.Atoi(digits)
		if err != nil {
			return Version{}, err
		}
		n[i] = v
	}
	return Version{n[0], n[1], n[2], n[3]}, nil
}

// Compare is negative when v is older than w, positive when it is newer.
func (v Version) Compare(w Version) int {
	for _, d := range []int{v.Major - w.Major, v.Minor - w.Minor, v.Patch - w.Patch, v.Commits - w.Commits} {
		if d != 0 {
			return d
		}
	}
	return 0
}
