package doc

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// Limits of what identifies people, as fiscal devices take it.
const (
	MaxContact = 64  // bytes of tag 1008
	MaxBuyer   = 128 // characters of a buyer's name (tag 1227) and address (1254)
	MaxPerson  = 64  // characters of a name
)

var (
	// ErrContact: neither a telephone number nor an e-mail address.
	ErrContact = errors.New("doc: neither +7.. nor an e-mail address")
	// ErrINN: not an INN of 10 or 12 digits, or its check digits are wrong.
	ErrINN = errors.New("doc: not an INN")
	// ErrText: empty, too long, or with characters that can not be printed.
	ErrText = errors.New("doc: text that can not be printed")
)

// Empty tells whether there is nobody in it; also of nil.
func (p *People) Empty() bool {
	return p == nil || (p.Contact == "" && p.Buyer == nil && p.Person == "" && p.Customer == "")
}

// Masked is what may be shown of a contact to who need not know it: enough to
// tell it from others. Nothing for nobody.
func (p *People) Masked() string {
	const head, tail = 2, 2 // characters that are shown
	if p == nil || p.Contact == "" {
		return ""
	}
	local, domain, mail := strings.Cut(p.Contact, "@")
	r := []rune(local)
	if mail {
		return string(r[:min(head, len(r)/2)]) + "***@" + domain
	}
	if len(r) < 2*(head+tail) {
		return "***"
	}
	return string(r[:head]) + "***" + string(r[len(r)-tail:])
}

// ParseContact reads what a person types: a telephone number with spaces,
// brackets and dashes, a Russian one also with a leading 8, or an e-mail
// address. It gives the form of tag 1008.
func ParseContact(s string) (string, error) {
	s = strings.TrimSpace(s)
	switch {
	case len(s) > MaxContact:
		return "", ErrContact
	case strings.Contains(s, "@"):
		return s, checkMail(s)
	}
	digits := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" ()-\u00a0", r) {
			return -1
		}
		return r
	}, s)
	plus := strings.HasPrefix(digits, "+")
	digits = strings.TrimPrefix(digits, "+")
	switch {
	case !allDigits(digits) || len(digits) < 10 || len(digits) > 15:
		return "", ErrContact
	case !plus && len(digits) == 11 && digits[0] == '8':
		digits = "7" + digits[1:]
	case !plus && len(digits) == 10:
		digits = "7" + digits
	}
	return "+" + digits, nil
}

// checkMail refuses what can be no address; whether it is one only the
// operator of fiscal data finds out.
func checkMail(s string) error {
	local, domain, _ := strings.Cut(s, "@")
	bad := func(r rune) bool {
		return r <= ' ' || r == utf8.RuneError || strings.ContainsRune(`@,;:<>()[]\"`, r) || (r >= 0x7f && r < 0xa1)
	}
	labels := strings.Split(domain, ".")
	if local == "" || len(labels) < 2 || strings.ContainsFunc(local, bad) || strings.ContainsFunc(domain, bad) {
		return ErrContact
	}
	for _, l := range labels {
		if l == "" {
			return ErrContact
		}
	}
	return nil
}

// Validate checks a buyer's requisites.
func (b *Buyer) Validate() error {
	if !printable(b.Name, MaxBuyer) || b.Name == "" || !printable(b.Address, MaxBuyer) {
		return ErrText
	}
	if b.INN != "" && !ValidINN(b.INN) {
		return ErrINN
	}
	return nil
}

func printable(s string, most int) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= most &&
		!strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// ValidINN tells whether s is an INN: 10 digits of an organisation or 12 of a
// person, with the right check digits.
func ValidINN(s string) bool {
	if !allDigits(s) {
		return false
	}
	check := func(n int, weights ...int) bool {
		total := 0
		for i, w := range weights {
			total += w * int(s[i]-'0')
		}
		return total%11%10 == int(s[n]-'0')
	}
	switch len(s) {
	case 10:
		return check(9, 2, 4, 10, 3, 5, 9, 4, 6, 8)
	case 12:
		return check(10, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8) && check(11, 3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
	}
	return false
}

func allDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
