package daemon

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/till"
)

func openGolden(t *testing.T, from string) *journal.Journal {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	j, _, err := journal.Open(t.Context(), journal.Options{Dir: dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	return j
}

// goldenView is the till that a journal brings back.
func goldenView(t *testing.T, j *journal.Journal) till.View {
	t.Helper()
	restored, err := remember(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("MSK", 3*3600))
	state, _ := till.Step(till.New(till.Settings{Currency: "RUB"}), till.Env{Now: now, NewID: uuid.New}, restored)
	return state.View(now)
}

// What shop and customers owed each other in a journal of every version, they
// owe today: a certificate in two ways of payment, a prepayment with the goods
// that are still to come, a debt.
func TestGoldenClaimsComeBack(t *testing.T) {
	list, err := filepath.Glob("../../../../offline/journal/testdata/golden/v*-claims")
	if err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	for _, from := range list {
		v := goldenView(t, openGolden(t, from))
		if len(v.Claims) != 3 {
			t.Fatalf("%s: %+v", from, v.Claims)
		}
		certificate, prepaid, debt := v.Claims[0], v.Claims[1], v.Claims[2]
		if certificate.Kind != doc.ClaimCertificate || certificate.Number != "ПС-1" || certificate.Expires != "2027-12-31" || certificate.Left() != 50_10 || len(certificate.Ways) != 2 {
			t.Errorf("%+v", certificate)
		}
		if g := prepaid.Goods; prepaid.Kind != doc.ClaimPrepayment || prepaid.Left() != 67_05 || len(g) != 1 || g[0].Qty != 2*qty.One || g[0].Total != 99_80 || g[0].Paid != 67_05 {
			t.Errorf("%+v", prepaid)
		}
		if debt.Kind != doc.ClaimDebt || debt.Left() != 45_49 {
			t.Errorf("%+v", debt)
		}
	}
}

// The till of every version, cut off in the middle of a sale, comes back with
// today's program: shift, cashier, cheques, the sale in doubt, the numbers.
func TestGoldenTillComesBack(t *testing.T) {
	list, err := filepath.Glob("../../../../offline/journal/testdata/golden/v[0-9]")
	if err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	for _, from := range list {
		t.Run(filepath.Base(from), func(t *testing.T) {
			j := openGolden(t, from)
			v := goldenView(t, j)
			if v.Cashier == nil || v.Cashier.Name != "Иванова А." || v.Shift == nil || v.Shift.Number != 2 || v.LastNumber != 23 {
				t.Errorf("cashier %+v, shift %+v, number %d", v.Cashier, v.Shift, v.LastNumber)
			}
			if len(v.Parked) != 1 || v.Parked[0].Name != "Анна" || len(v.Cheque.Lines) != 1 || v.Cheque.Lines[0].Name != "Молоко 3,2%" {
				t.Errorf("parked %+v, cheque %+v", v.Parked, v.Cheque)
			}
			if v.Phase == till.Idle.String() || v.Paying == nil || len(v.Paying.Lines) != 1 {
				t.Errorf("phase %s, paying %+v", v.Phase, v.Paying)
			}
			for _, n := range v.Notices {
				t.Errorf("notice %s %v", n.Code, n.Args)
			}
			sale, err := j.Document(t.Context(), uuid.MustParse("019a0000-0000-7000-8000-000000001003"))
			if err != nil {
				t.Fatal(err)
			}
			if d, err := document(sale); err != nil || d.People == nil || d.People.Contact != "+79991234567" || d.People.Buyer.INN != "7707083893" {
				t.Errorf("people of the sale: %+v %v", d.People, err)
			}
		})
	}
}
