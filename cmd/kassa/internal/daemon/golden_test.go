package daemon

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/pos/till"
)

// The till of every version, cut off in the middle of a sale, comes back with
// today's program: shift, cashier, cheques, the sale in doubt, the numbers.
func TestGoldenTillComesBack(t *testing.T) {
	list, err := filepath.Glob("../../../../offline/journal/testdata/golden/v*")
	if err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	for _, from := range list {
		t.Run(filepath.Base(from), func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
				t.Fatal(err)
			}
			j, _, err := journal.Open(t.Context(), journal.Options{Dir: dir, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := j.Close(); err != nil {
					t.Error(err)
				}
			}()
			restored, err := remember(t.Context(), j)
			if err != nil {
				t.Fatal(err)
			}
			now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("MSK", 3*3600))
			state, _ := till.Step(till.New(till.Settings{Currency: "RUB"}), till.Env{Now: now, NewID: uuid.New}, restored)
			v := state.View(now)
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
