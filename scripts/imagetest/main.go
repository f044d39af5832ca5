// Command imagetest starts the flashable image in QEMU and breaks it: the first
// sale inside, against the virtual bench on this host, then power cuts at
// random moments of a sale and of a card's first start. `make image-test` runs
// it.
//
// The board is QEMU's `-M virt`: the same kernel, root, boot script and slots
// as on a Raspberry Pi. The card is a file whose every write is logged, so that
// a cut can lose what a real card would have lost: see card. The KKT is reached
// over the network, the scanner is a USB keyboard that types, the cloud is
// reached over the network by way of SSH, for the till speaks plain HTTP to
// nobody but its own machine.
//
// One machine runs at a time; a start takes one to two minutes.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"time"
)

type options struct {
	image, firmware, lab, dir string
	cuts, firstCuts           int
	updateCuts                int
	seed                      uint64
	updates                   bool
	kassa, slot               string
}

func main() {
	var o options
	flag.StringVar(&o.image, "image", "out/image.img", "the image, not compressed")
	flag.StringVar(&o.firmware, "firmware", "out/u-boot-qemu.bin", "U-Boot for QEMU's virt")
	flag.StringVar(&o.lab, "lab", "bin/kassalab", "the bench")
	flag.StringVar(&o.dir, "dir", "out/image-test", "directory for cards and logs; it is emptied")
	flag.IntVar(&o.cuts, "cuts", 3, "power cuts in a sale")
	flag.IntVar(&o.firstCuts, "first-cuts", 1, "power cuts in a card's first start")
	flag.IntVar(&o.updateCuts, "update-cuts", 0, "power cuts in updates")
	flag.Uint64Var(&o.seed, "seed", 1, "of all that is left to chance")
	flag.BoolVar(&o.updates, "updates", false, "updates as well: good ones and bad ones")
	flag.StringVar(&o.kassa, "kassa", "bin/kassa", "the till's program of this machine, which seals releases")
	flag.StringVar(&o.slot, "slot", "out/image/card/slot.ext4", "the file system releases are made of")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := o.test(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "image-test: FAILED:", err)
		os.Exit(1)
	}
}

func say(format string, args ...any) {
	fmt.Printf("%s image-test: %s\n", time.Now().Format("15:04:05"), fmt.Sprintf(format, args...))
}

func (o options) test(ctx context.Context) (err error) {
	began := time.Now()
	dir, err := filepath.Abs(o.dir)
	if err != nil {
		return err
	}
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o700)); err != nil {
		return err
	}
	m, err := newMachine(dir, o.firmware, nil)
	if err != nil {
		return err
	}
	if err := m.makeKey(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.kill()) }()
	s := &scene{machine: m, rng: rand.New(rand.NewPCG(o.seed, 0)), image: o.image, bench: o.lab, cuts: map[string]int{}, say: say}
	defer s.close()
	s.base = fmt.Sprintf("http://127.0.0.1:%d", m.http)
	if o.updates || o.updateCuts > 0 {
		if s.releaser, err = newReleaser(dir, o.kassa, o.slot); err != nil {
			return err
		}
		defer s.releaser.server.Close()
	}
	defer func() {
		s.say("%s; %d of %d sectors on their way lost, %d sales acknowledged; %.0f min", s.counts(), s.seen.lost, s.seen.lost+s.seen.kept, s.seen.sales, time.Since(began).Minutes())
	}()
	if err := s.blank(); err != nil {
		return err
	}
	if err := s.first(ctx); err != nil {
		return err
	}
	if o.updates {
		if err := s.allUpdates(ctx); err != nil {
			return err
		}
	}
	start := time.Now()
	if err := s.sell(ctx); err != nil {
		return err
	}
	s.took.sale = time.Since(start)
	for i := range o.cuts {
		if err := s.cutSale(ctx, i+1); err != nil {
			return fmt.Errorf("cut %d: %w", i+1, err)
		}
	}
	if o.updateCuts > 0 {
		if err := s.cutUpdates(ctx, o.cuts+1, o.updateCuts); err != nil {
			return err
		}
	}
	if err := s.kill(); err != nil {
		return err
	}
	s.releaser = nil // new cards are as they come
	o.cuts += o.updateCuts
	for i := range o.firstCuts {
		if err := s.cutFirst(ctx, o.cuts+i+1); err != nil {
			return fmt.Errorf("cut %d: %w", o.cuts+i+1, err)
		}
		if err := s.kill(); err != nil {
			return err
		}
	}
	say("all as it should be: 0 lost, 0 twice")
	return nil
}
