// Command elfcheck tells whether executables are what the image can run:
// 64-bit Linux ELF files for one machine, static (no loader to look for, no
// shared library to miss) and within a size.
//
//	elfcheck -machine aarch64 -limit BYTES FILE...
package main

import (
	"debug/elf"
	"errors"
	"flag"
	"fmt"
	"os"
)

var machines = map[string]elf.Machine{"aarch64": elf.EM_AARCH64, "x86_64": elf.EM_X86_64}

func main() {
	machine := flag.String("machine", "aarch64", "aarch64 or x86_64")
	limit := flag.Int64("limit", 0, "largest size in bytes")
	flag.Parse()
	want, ok := machines[*machine]
	if !ok || *limit <= 0 || flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	status := 0
	for _, name := range flag.Args() {
		size, err := check(name, want, *limit)
		if err != nil {
			fmt.Printf("  %s: %v\n", name, err)
			status = 1
			continue
		}
		fmt.Printf("  %s: static, %.1f MB\n", name, float64(size)/(1<<20))
	}
	os.Exit(status)
}

// check returns the file's size, or the first thing that is wrong with it.
func check(name string, want elf.Machine, limit int64) (int64, error) {
	info, err := os.Stat(name)
	if err != nil {
		return 0, err
	}
	file, err := elf.Open(name)
	if err != nil {
		return 0, err
	}
	defer func() { _ = file.Close() }() // opened for reading
	libraries, err := file.ImportedLibraries()
	if err != nil && !errors.Is(err, elf.ErrNoSymbols) {
		return 0, err
	}
	switch {
	case file.Class != elf.ELFCLASS64:
		return 0, fmt.Errorf("is %v, not 64-bit", file.Class)
	case file.Machine != want:
		return 0, fmt.Errorf("is for %v, not %v", file.Machine, want)
	case len(libraries) > 0:
		return 0, fmt.Errorf("needs shared libraries: %v", libraries)
	case info.Size() > limit:
		return 0, fmt.Errorf("is %d bytes, the limit is %d", info.Size(), limit)
	}
	for _, segment := range file.Progs {
		if segment.Type == elf.PT_INTERP {
			return 0, errors.New("asks for a dynamic loader")
		}
	}
	return info.Size(), nil
}
