package qrcode

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
)

// read is what a scanner sees in a clean picture: format, mask, codewords with
// their check, text.
func read(c Code) (string, error) {
	g := newGrid((c.size - 17) / 4)
	format := 0
	for i := range 8 {
		if c.Dark(c.size-1-i, 8) {
			format |= 1 << i
		}
	}
	for i := 8; i < 15; i++ {
		if c.Dark(8, c.size-15+i) {
			format |= 1 << i
		}
	}
	format ^= 0x5412
	mask := format >> 10
	if format != bch(mask, 10, 0x537) || mask > 7 {
		return "", fmt.Errorf("format %015b", format)
	}
	l := layouts[g.version]
	raw, err := codewords(c, g, mask, (l.blocks+l.blocks2)*l.check+l.codewords())
	if err != nil {
		return "", err
	}
	blocks := make([][]byte, l.blocks+l.blocks2)
	for i := range l.data + 1 {
		for b := range blocks {
			if i < l.data || b >= l.blocks {
				blocks[b], raw = append(blocks[b], raw[0]), raw[1:]
			}
		}
	}
	var data []byte
	for b := range blocks {
		whole := append([]byte(nil), blocks[b]...)
		for i := range l.check {
			whole = append(whole, raw[i*len(blocks)+b])
		}
		for root := range l.check { // every root of the generator is one of a good block
			v := byte(0)
			for _, w := range whole {
				v = times(v, power[root]) ^ w
			}
			if v != 0 {
				return "", fmt.Errorf("block %d is damaged", b)
			}
		}
		data = append(data, blocks[b]...)
	}
	head := header(g.version)
	n := int(data[0]&15)<<4 | int(data[1]>>4)
	if head > 12 {
		n = n<<8 | int(data[1]&15)<<4 | int(data[2]>>4)
	}
	at := head / 8
	if data[0]>>4 != 4 || at+n >= len(data)+1 {
		return "", errors.New("no bytes")
	}
	var text strings.Builder
	for i := range n {
		text.WriteByte(data[at+i]<<4 | data[at+i+1]>>4)
	}
	return text.String(), nil
}

func codewords(c Code, g *grid, mask, n int) ([]byte, error) {
	var s bits
	for right := g.size - 1; right > 0; right -= 2 {
		if right == 6 {
			right--
		}
		for i := range g.size {
			y := i
			if (right+1)&2 == 0 {
				y = g.size - 1 - i
			}
			for x := right; x > right-2; x-- {
				if g.fixed[y*g.size+x] {
					continue
				}
				bit := 0
				if c.Dark(x, y) != masks[mask](x, y) {
					bit = 1
				}
				s.add(bit, 1)
			}
		}
	}
	if s.n/8 < n {
		return nil, fmt.Errorf("%d codewords", s.n/8)
	}
	return s.b[:n], nil
}

// TestEveryLength: what is written is read, in every version.
func TestEveryLength(t *testing.T) {
	sizes := map[int]bool{}
	for n := 1; n <= MaxText; n++ {
		text := strings.Repeat("t=20260314T1001&s=100.00&fn=999907890000777&", 6)[:n]
		c, err := Encode(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := read(c); got != text || err != nil {
			t.Fatalf("%d: %q %v", n, got, err)
		}
		sizes[c.Size()] = true
	}
	if len(sizes) != 10 {
		t.Errorf("%d versions", len(sizes))
	}
	if _, err := Encode(strings.Repeat("x", MaxText+1)); err == nil {
		t.Error("a text that is too long")
	}
}

// TestReceipt: the code of a receipt, module by module, as another program's
// reader has read it.
func TestReceipt(t *testing.T) {
	c, err := Encode("t=20260314T1001&s=100.00&fn=9999078900000777&i=101&fp=1000001&n=1")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for y := range c.Size() {
		for x := range c.Size() {
			b.WriteByte(map[bool]byte{true: '#', false: '.'}[c.Dark(x, y)])
		}
		b.WriteByte('\n')
	}
	want, err := os.ReadFile("testdata/receipt.txt")
	if err != nil || string(want) != b.String() {
		t.Errorf("%v\n%s", err, b.String())
	}
	if p := c.Path(); !strings.HasPrefix(p, "M4 4h7v1h-7z") || c.Dark(-1, 0) || c.Dark(0, c.Size()) {
		t.Error(p[:40])
	}
}

func FuzzEncode(f *testing.F) {
	f.Add("")
	f.Add("https://qr.nspk.ru/AS10003P3RH0LJ2A9ROO038L6NT5RU1M?type=01&bank=000000000001&sum=10000&cur=RUB&crc=F3D0")
	f.Add("\x00\xff\xfe")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Encode(text)
		if err != nil {
			if len(text) <= MaxText {
				t.Error(err)
			}
			return
		}
		if got, err := read(c); got != text || err != nil {
			t.Errorf("%q: %q %v", text, got, err)
		}
	})
}
