package doc

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseContact(t *testing.T) {
	for in, want := range map[string]string{
		"+79991234567": "+79991234567", "8 (999) 123-45-67": "+79991234567", "9991234567": "+79991234567", " 79991234567 ": "+79991234567",
		"+375 29 123-45-67": "+375291234567", "ivan@example.ru": "ivan@example.ru", "почта@пример.рф": "почта@пример.рф", "a.b+c@d.co": "a.b+c@d.co",
	} {
		if got, err := ParseContact(in); err != nil || got != want {
			t.Errorf("%q became %q, %v, want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"", "123", "+7999123456789012", "8-800", "телефон", "a@b", "a@@b.c", "@b.c", "a@.c", "a@b.", "a b@c.d", "a@c\x00.d",
		"a@b.c,d@e.f", strings.Repeat("a", 60) + "@example.ru", "+7999123456x", "++79991234567"} {
		if got, err := ParseContact(in); !errors.Is(err, ErrContact) {
			t.Errorf("%q became %q, %v", in, got, err)
		}
	}
}

func TestBuyer(t *testing.T) {
	good := Buyer{Name: "ООО «Ромашка»", INN: "7707083893", Address: "Москва"}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for want, b := range map[error]Buyer{
		ErrINN:  {Name: "ООО", INN: "7707083894"},
		ErrText: {Name: "ООО\n", INN: "7707083893"},
	} {
		if err := b.Validate(); !errors.Is(err, want) {
			t.Errorf("%+v: %v, want %v", b, err, want)
		}
	}
	for _, b := range []Buyer{{}, {Name: strings.Repeat("я", MaxBuyer+1)}, {Name: "a", Address: "\x7f"}, {Name: "\xff"}} {
		if err := b.Validate(); !errors.Is(err, ErrText) {
			t.Errorf("%+v: %v", b, err)
		}
	}
	for _, inn := range []string{"7707083893", "500100732259"} {
		if !ValidINN(inn) {
			t.Errorf("%s is right", inn)
		}
		for i := range len(inn) {
			wrong := []byte(inn)
			wrong[i] = '0' + (wrong[i]-'0'+1)%10
			if ValidINN(string(wrong)) {
				t.Errorf("%s is wrong", wrong)
			}
		}
	}
	for _, inn := range []string{"", "12345", "77070838930", "770708389x"} {
		if ValidINN(inn) {
			t.Errorf("%q is no INN", inn)
		}
	}
	for contact, want := range map[string]string{
		"": "", "+79991234567": "+7***67", "ivan@example.com": "iv***@example.com", "a@example.com": "***@example.com", "1234": "***", "юля@почта.рф": "ю***@почта.рф",
	} {
		if got := (&People{Contact: contact}).Masked(); got != want {
			t.Errorf("%q is shown as %q, want %q", contact, got, want)
		}
	}
	var nobody *People
	if nobody.Masked() != "" {
		t.Error("nobody has a contact")
	}
	if !nobody.Empty() || !(&People{}).Empty() || (&People{Person: "x"}).Empty() {
		t.Error("who is nobody?")
	}
}

func FuzzParseContact(f *testing.F) {
	for _, s := range []string{"+79991234567", "8 (999) 123-45-67", "ivan@example.ru", "a@b", "\xff@a.b", "+7 999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := ParseContact(s)
		if err != nil {
			return
		}
		if len(got) > MaxContact || (!strings.Contains(got, "@") && got[0] != '+') || !utf8.ValidString(got) {
			t.Fatalf("%q became %q", s, got)
		}
		if again, err := ParseContact(got); err != nil || again != got {
			t.Fatalf("%q became %q, and that %q, %v", s, got, again, err)
		}
	})
}
