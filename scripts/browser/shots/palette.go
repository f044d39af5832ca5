package main

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"slices"
)

const (
	colours  = 256
	keptBits = 6 // of each channel, when colours are counted
)

// slim gives the picture with 256 colours of its own (median cut), which
// makes it a third of the size and looks the same on a page.
func slim(data []byte) ([]byte, error) {
	src, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("picture: %w", err)
	}
	b := src.Bounds()
	counts := map[color.RGBA]int{}
	coarse := func(x, y int) color.RGBA {
		r, g, bl, _ := src.At(x, y).RGBA()
		keep := func(v uint32) uint8 { return uint8(v>>8) >> (8 - keptBits) << (8 - keptBits) }
		return color.RGBA{keep(r), keep(g), keep(bl), 255}
	}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			counts[coarse(x, y)]++
		}
	}
	palette, index := medianCut(counts)
	out := image.NewPaletted(b, palette)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			out.SetColorIndex(x, y, index[coarse(x, y)])
		}
	}
	var buf bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&buf, out)
	return buf.Bytes(), err
}

// medianCut halves the box of colours with the widest spread until there are
// enough boxes; each becomes its average.
func medianCut(counts map[color.RGBA]int) (color.Palette, map[color.RGBA]uint8) {
	first := make([]color.RGBA, 0, len(counts))
	for c := range counts {
		first = append(first, c)
	}
	boxes := [][]color.RGBA{first}
	for len(boxes) < colours {
		widest, spread, channel := -1, 0, 0
		for i, box := range boxes {
			if ch, s := spreadOf(box, counts); s > spread {
				widest, spread, channel = i, s, ch
			}
		}
		if widest < 0 {
			break
		}
		box := boxes[widest]
		slices.SortFunc(box, func(a, b color.RGBA) int {
			return cmp.Or(cmp.Compare(part(a, channel), part(b, channel)), cmp.Compare(hash(a), hash(b)))
		})
		boxes[widest] = box[:len(box)/2]
		boxes = append(boxes, box[len(box)/2:])
	}
	palette, index := make(color.Palette, 0, len(boxes)), map[color.RGBA]uint8{}
	for i, box := range boxes {
		var sum [3]int
		n := 0
		for _, c := range box {
			for ch := range sum {
				sum[ch] += part(c, ch) * counts[c]
			}
			n += counts[c]
			index[c] = uint8(i)
		}
		// Half a step up: the bits that were cut off, on average; white stays white.
		up := func(v int) uint8 { return uint8(min(255, v/n*255/(256-1<<(8-keptBits)))) }
		palette = append(palette, color.RGBA{up(sum[0]), up(sum[1]), up(sum[2]), 255})
	}
	return palette, index
}

// spreadOf gives the channel with the widest range and how much it matters.
func spreadOf(box []color.RGBA, counts map[color.RGBA]int) (channel, weight int) {
	if len(box) < 2 {
		return 0, 0
	}
	n := 0
	for _, c := range box {
		n += counts[c]
	}
	for ch := range 3 {
		low, high := 255, 0
		for _, c := range box {
			low, high = min(low, part(c, ch)), max(high, part(c, ch))
		}
		if w := (high - low) * (high - low) * min(n, 1<<14); w > weight {
			channel, weight = ch, w
		}
	}
	return channel, weight
}

func part(c color.RGBA, channel int) int { return int([3]uint8{c.R, c.G, c.B}[channel]) }

func hash(c color.RGBA) int { return int(c.R)<<16 | int(c.G)<<8 | int(c.B) }
