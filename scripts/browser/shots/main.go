// Command shots takes the pictures of the README: the operator console in the
// middle of a sale and the bench page after one, with the real programs. It
// writes build/pictures/console.png and build/pictures/bench.png.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/chromedp/chromedp/kb"

	"github.com/kassa-pos/kassa/scripts/browser/chrome"
)

// maxPicture is how large a picture in the repository may be, in bytes.
const maxPicture = 200 << 10

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "shots:", err)
		os.Exit(1)
	}
}

func run() (err error) {
	root, err := chrome.Root()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "kassa-shots-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b, err := chrome.Start()
	if err != nil {
		return err
	}
	defer b.Close()
	lab, err := chrome.StartLab(dir, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lab.Close()) }()
	console, err := b.Tab(1280, 800)
	if err != nil {
		return err
	}
	bench, err := b.Tab(1440, 900)
	if err != nil {
		return err
	}
	pictures := filepath.Join(root, "build", "pictures")
	return steps(
		func() error { return bench.Open(lab.Ready.Bench) },
		func() error { return console.Open(lab.Ready.Console) },
		func() error { return console.Until("document.activeElement?.id === 'pin'") },
		func() error { return console.Keys(lab.Ready.PIN + kb.Enter) },
		func() error { return console.Click("#shift-open") },
		func() error {
			return console.Until("!document.querySelector('#shift-open') && document.querySelector('#state').dataset.phase === 'idle'")
		},
		func() error { return sell(lab, console, lab.Ready.Codes[3], "2*"+lab.Ready.Codes[4]) },
		func() error { return console.Click("#pay") },
		func() error { return console.Click("[data-note='500000']") },
		func() error { return console.Click("#take") },
		func() error { return console.Until("document.querySelector('.last-sum')") },
		func() error {
			return sell(lab, console, lab.Ready.Codes[0], lab.Ready.Codes[1], "3*"+lab.Ready.Codes[2], lab.Ready.Codes[5], lab.Ready.Codes[6])
		},
		func() error { return console.Until("!document.querySelector('.looking')") },
		func() error { return picture(console, filepath.Join(pictures, "console.png")) },
		func() error { return bench.Until("document.querySelector('#tape').innerText.includes('ФД')") },
		func() error { return picture(bench, filepath.Join(pictures, "bench.png")) },
	)
}

func steps(all ...func() error) error {
	for _, step := range all {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// sell scans codes and waits for each to be on the screen.
func sell(lab *chrome.Lab, console *chrome.Tab, codes ...string) error {
	for i, code := range codes {
		if err := lab.Kassalab("scan", code); err != nil {
			return err
		}
		if err := console.Until(fmt.Sprintf("document.querySelectorAll('#lines .line').length === %d", i+1)); err != nil {
			return err
		}
	}
	return nil
}

func picture(tab *chrome.Tab, path string) error {
	if err := tab.Shot(path); err != nil {
		return err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if data, err = slim(data); err != nil {
		return err
	}
	if len(data) > maxPicture {
		return fmt.Errorf("%s is %d bytes, at most %d", path, len(data), maxPicture)
	}
	return os.WriteFile(path, data, 0o644)
}
