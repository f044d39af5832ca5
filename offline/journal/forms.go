package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/dgraph-io/badger/v4"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/offline/vault"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

// A Form is one stored form with a version of its own: a record's Data by
// kind, or a kind of file.
//
// The rule: release N reads every version up to N and writes N-1, release N+1
// writes N. A board that goes back to the release before never meets what it
// can not read. Version 1 is written by the release that knows nothing else.
// Members that are added to a JSON object and may be absent need no version:
// older programs pass them by, and hashes cover the stored bytes. testdata/golden
// has a journal of every version, kept for ever.
type Form struct {
	Name   string `json:"name"`
	Reads  int    `json:"reads"` // the highest; all below it too
	Writes int    `json:"writes"`
}

// The names of the forms that are no kind of record.
const (
	formTape   = "tape"    // segments and frames
	formKeys   = "keys"    // offline/vault
	formLayout = "layout"  // Badger's keys, see keys.go
	formBadger = "badger"  // Badger's own files
	formCopy   = "copy"    // manifest of an exported copy
	formPeriod = "archive" // description of a closed period
)

// badgerFiles is the version of Badger's own MANIFEST that Badger 4.9 reads
// and writes.
const badgerFiles = 8

// Forms lists all forms of this release.
func Forms() []Form {
	all := []Form{
		{formTape, tape.Format, tape.Format},
		{formKeys, vault.Format, vault.Format},
		{formLayout, schema, schema},
		{formBadger, badgerFiles, badgerFiles},
		{formCopy, copyFormat, copyFormat},
		{formPeriod, aboutFormat, aboutFormat},
	}
	for _, k := range record.Kinds() {
		f := Form{string(k), 1, 1}
		if k == record.Document {
			f.Reads, f.Writes = doc.Schema, doc.Schema
		}
		all = append(all, f)
	}
	return all
}

func readable() map[string]int {
	m := map[string]int{}
	for _, f := range Forms() {
		m[f.Name] = f.Reads
	}
	return m
}

// known is the highest schema of a kind's Data; 0 for a kind of tomorrow.
var known = readable()

// newerRecord refuses what only a newer program understands.
func newerRecord(r *record.Record) error {
	if most := known[string(r.Kind)]; r.Schema > most {
		return newer(r.Schema, most, fmt.Sprintf("record %d of kind %.20q", r.Seq, string(r.Kind)))
	}
	return nil
}

func newer(found, most int, what string) error {
	return fault.New(fault.JournalNewer, strconv.Itoa(found), strconv.Itoa(most)).Saying(what)
}

// formatName is the file that says which forms stand in a journal. It is
// raised, durably, before the first of a higher version is written, and read
// before anything else is touched: Badger can not be opened without writing.
const (
	formatName  = "format"
	formatMagic = "kassa-journal"
	maxFormat   = 4 << 10
)

// checkForms refuses a journal that a newer program has written, and has
// changed nothing then. A file that is absent or damaged is no obstacle: the
// forms say their versions themselves.
func checkForms(fsys tape.FS, dir string) (found map[string]int, err error) {
	found, err = readFormat(fsys, dir)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		if found[name] > known[name] {
			return nil, newer(found[name], known[name], name)
		}
	}
	if err := newerTape(tape.CheckVersion(fsys, filepath.Join(dir, tapeName))); err != nil {
		return nil, err
	}
	if err := newerVault(vault.CheckVersion(fsys, filepath.Join(dir, vaultName))); err != nil {
		return nil, err
	}
	if err := newerPeriods(fsys, dir); err != nil {
		return nil, err
	}
	if found[formBadger] == 0 { // else a higher number in the MANIFEST is damage
		return found, newerBadger(filepath.Join(dir, badgerName))
	}
	return found, nil
}

// Held tells the highest version of each form that stands in the journal below
// dir, for whoever wants to know which other release could read it. A journal
// that does not say so (a very old one, or a damaged file) holds what this
// release writes.
func Held(dir string) (map[string]int, error) {
	found, err := readFormat(tape.OS{}, dir)
	if err != nil {
		return nil, err
	}
	m := maps.Clone(found)
	if m == nil {
		m = map[string]int{}
	}
	for _, f := range Forms() {
		m[f.Name] = max(m[f.Name], f.Writes)
	}
	return m, nil
}

// newerPeriods looks at the descriptions of the closed periods.
func newerPeriods(fsys tape.FS, dir string) error {
	dirs, err := archivedDirs(fsys, dir)
	for _, d := range dirs {
		if _, bad := readAbout(fsys, d); errors.Is(bad, fault.New(fault.JournalNewer)) {
			return bad
		}
	}
	return err
}

// checkCopy is checkForms for a directory that is only read: a journal's, or
// an exported copy.
func checkCopy(dir string) error {
	if _, err := checkForms(tape.OS{}, dir); err != nil {
		return err
	}
	return newerTape(tape.CheckVersion(tape.OS{}, tapeDir(dir)))
}

func newerTape(err error) error {
	var n *tape.NewerError
	if errors.As(err, &n) {
		return newer(n.Found, n.Known, err.Error())
	}
	return err
}

// newerBadger reads the version in the head of Badger's MANIFEST.
func newerBadger(dir string) (err error) {
	f, err := os.Open(filepath.Join(dir, badger.ManifestFilename))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var head [8]byte
	if _, err := io.ReadFull(f, head[:]); err != nil || !bytes.HasPrefix(head[:], []byte("Bdgr")) {
		return nil // damaged: not for here
	}
	if v := int(binary.BigEndian.Uint16(head[6:])); v > badgerFiles {
		return newer(v, badgerFiles, "Badger's files")
	}
	return nil
}

// readFormat reads the file; nil when there is none that holds.
func readFormat(fsys tape.FS, dir string) (map[string]int, error) {
	f, err := fsys.OpenFile(filepath.Join(dir, formatName), false)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	b := make([]byte, maxFormat)
	n, err := f.ReadAt(b, 0)
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil // a bad sector
	}
	return parseFormat(b[:n]), nil
}

// parseFormat reads "kassa-journal name=1 name=2 crc=..": nil unless it holds.
func parseFormat(b []byte) map[string]int {
	body, crc, ok := strings.Cut(string(b), " crc=")
	if !ok || crc != fmt.Sprintf("%08x\n", crc32.Checksum([]byte(body), castagnoli)) {
		return nil
	}
	fields := strings.Fields(body)
	if len(fields) == 0 || fields[0] != formatMagic {
		return nil
	}
	m := map[string]int{}
	for _, field := range fields[1:] {
		name, text, _ := strings.Cut(field, "=")
		v, err := strconv.Atoi(text)
		if err != nil || v < 1 {
			return nil
		}
		m[name] = v
	}
	return m
}

func formatBytes(m map[string]int) []byte {
	b := []byte(formatMagic)
	for _, name := range slices.Sorted(maps.Keys(m)) {
		b = fmt.Appendf(b, " %s=%d", name, m[name])
	}
	return fmt.Appendf(b, " crc=%08x\n", crc32.Checksum(b, castagnoli))
}

// raiseForms makes it durable that what this release writes stands in the
// journal. What was higher stays: it does so too.
func (j *Journal) raiseForms(found map[string]int) error {
	m := maps.Clone(found)
	if m == nil {
		m = map[string]int{}
	}
	for _, f := range Forms() {
		m[f.Name] = max(m[f.Name], f.Writes)
	}
	if maps.Equal(m, found) {
		return nil
	}
	if used, err := exists(j.o.FS, j.o.path(badgerName)); err != nil {
		return err
	} else if used && found == nil {
		j.opened.Reasons = append(j.opened.Reasons, formatName+" was missing or damaged and is written again")
	}
	return writeFile(j.o.FS, j.o.path(formatName), formatBytes(m))
}
