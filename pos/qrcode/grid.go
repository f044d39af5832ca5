package qrcode

// grid is a code that is being drawn.
type grid struct {
	size    int
	version int
	dark    []bool
	fixed   []bool // no data there
}

// masks decide which data modules are turned over.
var masks = [8]func(x, y int) bool{
	func(x, y int) bool { return (x+y)%2 == 0 },
	func(_, y int) bool { return y%2 == 0 },
	func(x, _ int) bool { return x%3 == 0 },
	func(x, y int) bool { return (x+y)%3 == 0 },
	func(x, y int) bool { return (x/3+y/2)%2 == 0 },
	func(x, y int) bool { return x*y%2+x*y%3 == 0 },
	func(x, y int) bool { return (x*y%2+x*y%3)%2 == 0 },
	func(x, y int) bool { return ((x+y)%2+x*y%3)%2 == 0 },
}

func newGrid(version int) *grid {
	g := &grid{size: 17 + 4*version, version: version}
	g.dark, g.fixed = make([]bool, g.size*g.size), make([]bool, g.size*g.size)
	for i := range g.size { // timing
		g.set(i, 6, i%2 == 0)
		g.set(6, i, i%2 == 0)
	}
	for _, at := range [][2]int{{0, 0}, {g.size - 7, 0}, {0, g.size - 7}} {
		g.finder(at[0], at[1])
	}
	g.alignments()
	g.format(0) // its place
	g.number()
	return g
}

func (g *grid) set(x, y int, dark bool) {
	if x < 0 || y < 0 || x >= g.size || y >= g.size {
		return
	}
	g.dark[y*g.size+x], g.fixed[y*g.size+x] = dark, true
}

// finder draws a corner with its light border.
func (g *grid) finder(x, y int) {
	for dy := -1; dy <= 7; dy++ {
		for dx := -1; dx <= 7; dx++ {
			r := max(dx-3, 3-dx, dy-3, 3-dy) // from the middle
			g.set(x+dx, y+dy, r != 2 && r != 4)
		}
	}
}

func (g *grid) alignments() {
	l := layouts[g.version]
	if l.align1 == 0 {
		return
	}
	at := []int{6, l.align1}
	for l.align > 0 && at[len(at)-1]+l.align < g.size {
		at = append(at, at[len(at)-1]+l.align)
	}
	last := at[len(at)-1]
	for _, y := range at {
		for _, x := range at {
			if x == 6 && (y == 6 || y == last) || y == 6 && x == last {
				continue // a finder is there
			}
			for dy := -2; dy <= 2; dy++ {
				for dx := -2; dx <= 2; dx++ {
					g.set(x+dx, y+dy, max(dx, -dx, dy, -dy) != 1)
				}
			}
		}
	}
}

// format writes level M and the mask, twice, with its own check.
func (g *grid) format(mask int) {
	v := bch(mask, 10, 0x537) ^ 0x5412 // level M is 00
	bit := func(i int) bool { return v>>i&1 == 1 }
	for i := range 15 {
		switch { // beside the upper left finder
		case i < 6:
			g.set(8, i, bit(i))
		case i < 8:
			g.set(8, i+1, bit(i))
		case i == 8:
			g.set(7, 8, bit(i))
		default:
			g.set(14-i, 8, bit(i))
		}
		if i < 8 { // beside the two others
			g.set(g.size-1-i, 8, bit(i))
		} else {
			g.set(8, g.size-15+i, bit(i))
		}
	}
	g.set(8, g.size-8, true)
}

// number writes the version, twice, from version 7.
func (g *grid) number() {
	if g.version < 7 {
		return
	}
	v := bch(g.version, 12, 0x1F25)
	for i := range 18 {
		dark := v>>i&1 == 1
		g.set(g.size-11+i%3, i/3, dark)
		g.set(i/3, g.size-11+i%3, dark)
	}
}

// bch appends the check of a few bits.
func bch(v, bits, poly int) int {
	r := v << bits
	for i := 31; i >= bits; i-- {
		if r>>i&1 == 1 {
			r ^= poly << (i - bits)
		}
	}
	return v<<bits | r
}

// place writes the codewords, two columns at a time, up and down.
func (g *grid) place(data []byte) {
	i := 0
	for right := g.size - 1; right > 0; right -= 2 {
		if right == 6 {
			right-- // timing
		}
		for n := range g.size {
			y := n
			if (right+1)&2 == 0 {
				y = g.size - 1 - n
			}
			for x := right; x > right-2; x-- {
				if at := y*g.size + x; !g.fixed[at] {
					g.dark[at] = i < 8*len(data) && data[i/8]>>(7-i%8)&1 == 1
					i++
				}
			}
		}
	}
}

// masked is the grid with a mask over its data.
func (g *grid) masked(mask int) *grid {
	m := &grid{size: g.size, version: g.version, dark: append([]bool(nil), g.dark...), fixed: append([]bool(nil), g.fixed...)}
	for y := range g.size {
		for x := range g.size {
			if at := y*g.size + x; !g.fixed[at] && masks[mask](x, y) {
				m.dark[at] = !m.dark[at]
			}
		}
	}
	m.format(mask)
	return m
}

// penalty is how badly a code reads: runs, blocks, what looks like a finder, and
// too much of one colour. Section 7.8.3 of the standard.
func (g *grid) penalty() (sum int) {
	n, dark := g.size, 0
	for a := range n {
		sum += g.line(func(i int) bool { return g.dark[a*n+i] }) + g.line(func(i int) bool { return g.dark[i*n+a] })
		for b := range n {
			c := g.dark[a*n+b]
			if c {
				dark++
			}
			if a+1 < n && b+1 < n && g.dark[a*n+b+1] == c && g.dark[(a+1)*n+b] == c && g.dark[(a+1)*n+b+1] == c {
				sum += 3
			}
		}
	}
	off := 100*dark/(n*n) - 50
	return sum + 10*(max(off, -off)/5)
}

// line is the penalty of one row or column.
func (g *grid) line(dark func(int) bool) (sum int) {
	run, window := 0, 0
	for i := range g.size {
		if i > 0 && dark(i) == dark(i-1) {
			run++
		} else {
			run = 1
		}
		if run == 5 {
			sum += 3
		} else if run > 5 {
			sum++
		}
		window = window << 1 & 0x7FF
		if dark(i) {
			window |= 1
		}
		if i >= 10 && (window == 0b10111010000 || window == 0b00001011101) {
			sum += 40
		}
	}
	return sum
}
