package gs1

import "strings"

// CheckDigit computes the check digit that belongs after body, which holds
// digits only: weights 3 and 1 alternate from the right. It returns '0'..'9',
// or 0 when body is empty or holds anything but digits.
func CheckDigit(body string) byte {
	if !digits(body) {
		return 0
	}
	sum := 0
	for i := range len(body) {
		d := int(body[len(body)-1-i] - '0')
		if i%2 == 0 {
			d *= 3
		}
		sum += d % 10
	}
	return byte('0' + (10-sum%10)%10)
}

// Valid tells whether code is an EAN-8, UPC-A, EAN-13 or GTIN-14 with a right
// check digit.
func Valid(code string) bool {
	switch len(code) {
	case 8, 12, 13, 14:
		return digits(code) && CheckDigit(code[:len(code)-1]) == code[len(code)-1]
	}
	return false
}

// Normalize gives the 14 digits of a GTIN in whichever form it was read, or
// false when code is none. Eight digits that are both an EAN-8 and a UPC-E are
// taken for an EAN-8, the only one printed in this part of the world;
// Equivalents offers both.
func Normalize(code string) (string, bool) {
	if Valid(code) {
		return strings.Repeat("0", 14-len(code)) + code, true
	}
	if a, ok := ExpandUPCE(code); ok {
		return "00" + a, true
	}
	return "", false
}

// ExpandUPCE gives the UPC-A (12 digits) of a UPC-E written with its number
// system (0 or 1) and check digit, or false when the check digit is wrong.
func ExpandUPCE(code string) (string, bool) {
	if len(code) != 8 || !digits(code) || code[0] > '1' {
		return "", false
	}
	n, d := code[:1], code[1:7]
	var body string
	switch last := d[5]; last {
	case '0', '1', '2':
		body = n + d[:2] + string(last) + "0000" + d[2:5]
	case '3':
		body = n + d[:3] + "00000" + d[3:5]
	case '4':
		body = n + d[:4] + "00000" + d[4:5]
	default:
		body = n + d[:5] + "0000" + string(last)
	}
	if CheckDigit(body) != code[7] {
		return "", false
	}
	return body + code[7:], true
}

// Equivalents lists the spellings under which a catalogue may hold the same
// GTIN, the code itself first: a UPC-A is an EAN-13 with a leading zero, and
// so on. A code that is no GTIN has itself only. A GTIN-14 with an indicator
// digit names another package and is not the EAN-13 inside it.
func Equivalents(code string) []string {
	forms := []string{code}
	if Valid(code) {
		forms = spellings(forms, strings.TrimLeft(code, "0"))
	}
	if a, ok := ExpandUPCE(code); ok {
		forms = spellings(forms, strings.TrimLeft(a, "0"))
	}
	return forms
}

// spellings adds every standard length that significant digits fit into.
func spellings(forms []string, significant string) []string {
	for _, n := range []int{13, 12, 8, 14} {
		if len(significant) > n {
			continue
		}
		form := strings.Repeat("0", n-len(significant)) + significant
		if form != forms[0] {
			forms = append(forms, form)
		}
	}
	return forms
}
