package scanner

// Symbology is the AIM identifier a scanner may put before a code: "]", a
// letter for the kind of symbol and a digit for its variant (ISO/IEC 15424).
// "" when the scanner sends none.
type Symbology string

// Identifiers that say more than "some symbol": the data is made of GS1
// element strings, and an FNC1 stands before the first.
const (
	GS1128        Symbology = "]C1"
	GS1DataBar    Symbology = "]e0"
	GS1DataMatrix Symbology = "]d2"
	GS1QR         Symbology = "]Q3"
)

// GS1 tells whether the data is GS1 element strings.
func (s Symbology) GS1() bool {
	switch s {
	case GS1128, GS1DataBar, GS1DataMatrix, GS1QR:
		return true
	}
	return false
}

// String names the symbol for people, or gives the identifier itself.
func (s Symbology) String() string {
	if len(s) != 3 {
		return string(s)
	}
	switch s {
	case GS1128:
		return "GS1-128"
	case GS1DataMatrix:
		return "GS1 DataMatrix"
	case GS1QR:
		return "GS1 QR"
	}
	names := map[byte]string{
		'A': "Code 39", 'C': "Code 128", 'd': "DataMatrix", 'E': "EAN/UPC", 'e': "GS1 DataBar",
		'F': "Codabar", 'G': "Code 93", 'I': "Interleaved 2 of 5", 'L': "PDF417", 'Q': "QR", 'z': "Aztec",
	}
	if name := names[s[1]]; name != "" {
		return name
	}
	return string(s)
}

// split takes the identifier off the data. Data of a code may itself begin
// with "]" only where the scanner sends identifiers, so nothing is mistaken.
func split(data []byte) (Symbology, []byte) {
	if len(data) < 4 || data[0] != ']' || !letter(data[1]) || !letter(data[2]) && !digit(data[2]) {
		return "", data
	}
	return Symbology(data[:3]), data[3:]
}

func letter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }
func digit(b byte) bool  { return b >= '0' && b <= '9' }
