package config

import (
	"io/fs"
	"os"
	"syscall"
)

// own gives a file the owner and group of another, as far as the till's user
// may: where he may not, the file is his.
func own(f *os.File, like fs.FileInfo) error {
	st, is := like.Sys().(*syscall.Stat_t)
	if !is {
		return nil
	}
	err := f.Chown(int(st.Uid), int(st.Gid))
	if os.IsPermission(err) {
		return nil
	}
	return err
}
