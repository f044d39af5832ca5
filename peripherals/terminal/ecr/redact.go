package ecr

import (
	"bytes"
	"encoding/binary"
	"regexp"
	"slices"

	"github.com/kassa-pos/kassa/peripherals/link/record"
)

// shownKeys are the fields of a message whose texts are written down. Numbers
// always are: they are sums and counts.
var shownKeys = []string{"do", "is", "op", "of", "operation", "via", "kind", "currency", "stage", "reason", "code", "time"}

// texts finds each key and each text of a message.
var texts = regexp.MustCompile(`"(?:[^"\\]|\\.)*"\s*:?`)

// Redact hides cards, numbers of operations at the bank and the terminal's
// free texts; who asks for what, for how much, and what came of it is shown.
func Redact() record.Redactor {
	return func(way record.Way, b []byte) (int, []int16) {
		if b[0] != stx {
			n := bytes.IndexByte(b, stx)
			if n < 0 {
				n = len(b)
			}
			return n, record.Hide(n)
		}
		if len(b) < 3 {
			return 0, nil
		}
		size := int(binary.BigEndian.Uint16(b[1:]))
		n := size + 5
		if size == 0 || size > MaxBody {
			return 1, record.Hide(1)
		}
		if len(b) < n {
			return 0, nil
		}
		if crc(b[1:3+size]) != binary.BigEndian.Uint16(b[3+size:]) {
			return n, record.Hide(n)
		}
		frame := slices.Clone(b[:n])
		hidden := blot(frame[3 : 3+size])
		if way == record.Heard {
			binary.BigEndian.PutUint16(frame[3+size:], crc(frame[1:3+size]))
			return n, record.Plain(frame)
		}
		shown := record.Plain(frame)
		for _, i := range hidden {
			shown[3+i] = record.Hidden
		}
		if len(hidden) > 0 {
			shown[n-2], shown[n-1] = record.Hidden, record.Hidden
		}
		return n, shown
	}
}

// blot replaces, in place, what is not shown: digits by 0, all else by x. It
// returns the places.
func blot(body []byte) (places []int) {
	key := ""
	for _, at := range texts.FindAllIndex(body, -1) {
		word := body[at[0]:at[1]]
		if word[len(word)-1] == ':' {
			key = string(bytes.Trim(word, "\": \t\r\n"))
			continue
		}
		if slices.Contains(shownKeys, key) {
			continue
		}
		for i := at[0] + 1; i < at[1]-1; i++ {
			places = append(places, i)
			if body[i] >= '0' && body[i] <= '9' {
				body[i] = '0'
			} else {
				body[i] = 'x'
			}
		}
	}
	return places
}
