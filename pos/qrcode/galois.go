package qrcode

// Reed-Solomon over GF(256) with the polynomial x^8+x^4+x^3+x^2+1 of the standard.

var power, logarithm = tables()

func tables() (power [255]byte, logarithm [256]int) {
	v := 1
	for i := range power {
		power[i], logarithm[v] = byte(v), i
		if v <<= 1; v > 255 {
			v ^= 0x11D
		}
	}
	return power, logarithm
}

func times(a, b byte) byte {
	if a == 0 || b == 0 {
		return 0
	}
	return power[(logarithm[a]+logarithm[b])%255]
}

// generator is the polynomial (x-1)(x-a)..(x-a^(n-1)) without its first
// coefficient, which is 1.
func generator(n int) []byte {
	g := make([]byte, n)
	g[n-1] = 1
	for i := range n {
		for j := range g {
			g[j] = times(g[j], power[i])
			if j+1 < n {
				g[j] ^= g[j+1]
			}
		}
	}
	return g
}

// remainder is the check of n codewords that data gets.
func remainder(data []byte, n int) []byte {
	g, r := generator(n), make([]byte, n)
	for _, d := range data {
		f := d ^ r[0]
		copy(r, r[1:])
		r[n-1] = 0
		for j := range r {
			r[j] ^= times(g[j], f)
		}
	}
	return r
}
