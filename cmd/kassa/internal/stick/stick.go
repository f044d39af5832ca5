// Package stick finds the USB medium that a journal is copied to and taken
// from when a person says "usb".
package stick

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/board/media"
	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/pos/fault"
)

// USB is what a person says instead of a directory.
const USB = "usb"

// prefix begins the names of copies on a medium.
const prefix = "kassa-"

// Medium is the directory of the one medium that is plugged in: fault.CopyNoUSB
// or fault.CopyManyUSB. root is "/" but for tests, data the till's directory.
func Medium(root, data string) (string, error) {
	list, err := media.Mounted(root, data)
	if err != nil {
		return "", err
	}
	switch len(list) {
	case 0:
		return "", fault.New(fault.CopyNoUSB)
	case 1:
		return list[0].Dir, nil
	}
	var dirs []string
	for _, m := range list {
		dirs = append(dirs, m.Dir)
	}
	return "", fault.New(fault.CopyManyUSB, strings.Join(dirs, ", "))
}

// Name is what a copy of a journal is called on a medium.
func Name(journal uuid.UUID, now time.Time) string {
	return prefix + Short(journal) + "-" + now.Format("20060102-150405")
}

// Short is what tells a journal from others at a glance.
func Short(journal uuid.UUID) string { return journal.String()[24:] }

// Newest finds the newest complete copy on a medium: fault.CopyBad when there
// is none. The journal own is passed by.
func Newest(medium string, own uuid.UUID) (string, error) {
	list, err := os.ReadDir(medium)
	if err != nil {
		return "", fault.New(fault.CopyMedium, err.Error()).With(err)
	}
	best, at := "", time.Time{}
	for _, e := range list {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), prefix) || strings.HasSuffix(e.Name(), journal.PartialSuffix) {
			continue
		}
		dir := filepath.Join(medium, e.Name())
		m, err := journal.ReadManifest(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue // not a copy, or not all of one
		}
		if err != nil {
			return "", err
		}
		if m.ID != own && m.Created.After(at) {
			best, at = dir, m.Created
		}
	}
	if best == "" {
		return "", fault.New(fault.CopyBad, medium)
	}
	return best, nil
}
