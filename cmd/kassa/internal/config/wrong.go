package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/kassa-pos/kassa/pos/fault"
)

// wrong is what is wrong with a value, in both languages: people correct the
// file, and they read what stands in the form beside the field.
type wrong struct{ ru, en string }

// Error is for logs and programmers.
func (w wrong) Error() string { return w.en }

// wrongly fills the same arguments into both texts; one that is itself wrong
// says so in the text's language.
func wrongly(ru, en string, args ...any) wrong {
	there := make([]any, len(args))
	for i, a := range args {
		there[i] = a
		if err, is := a.(error); is {
			there[i] = inRussian(err)
		}
	}
	return wrong{fmt.Sprintf(ru, there...), fmt.Sprintf(en, args...)}
}

// inRussian is an error's text; what comes from elsewhere has none of its own.
func inRussian(err error) string {
	var w wrong
	if errors.As(err, &w) {
		return w.ru
	}
	return err.Error()
}

// Where a key and what is wrong with it are among the arguments of Bad.
const (
	badKey = 2
	badWhy = 3
)

// Bad is fault.ConfigBad: of a key, or with "" of the file itself. KeyOf and
// WhyOf take it apart again.
func Bad(file, key string, err error) *fault.Error {
	why := eitherOf(err)
	if key == "" {
		return fault.New(fault.ConfigBad, file, why)
	}
	return fault.New(fault.ConfigBad, file, fault.Either(key+": "+inRussian(err), key+": "+err.Error()), key, why)
}

func eitherOf(err error) string { return fault.Either(inRussian(err), err.Error()) }

// plain is an error of the system without the path, which is told together
// with it.
func plain(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fault.Either("нет такого файла", "no such file")
	case errors.Is(err, fs.ErrPermission):
		return fault.Either("нет прав", "no permission")
	}
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}

func tooLong(limit int64) wrong {
	return wrongly("больше %d байт", "more than %d bytes", limit)
}

// Wrong is what is wrong with a value, in Russian and in English, with the same
// arguments.
func Wrong(ru, en string, args ...any) error { return wrongly(ru, en, args...) }

// Explain gives the TOML library's errors of a text the codes of this package.
func Explain(err error, text []byte, path string) error { return explain(err, text, path) }
