package daemon

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/peripherals/display"
	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/till"
)

func TestExplainKeepsTheDevicesWords(t *testing.T) {
	refusal := &fiscal.DeviceError{Command: "FF45h", Code: 0x4E, Text: "смена превысила 24 часа", Class: fiscal.CloseShift}
	for _, c := range []struct {
		err  error
		code fault.Code
	}{
		{fmt.Errorf("prepare: %w", fiscal.ErrNoPaper), fault.FiscalPaper},
		{fmt.Errorf("prepare: %w", fiscal.ErrLid), fault.FiscalLid},
		{fiscal.ErrMoved, fault.FiscalMoved},
		{fiscal.ErrFNChanged, fault.FiscalOther},
		{fiscal.ErrDiffers, fault.FiscalDiffers},
		{fmt.Errorf("%w: %w", fiscal.ErrRefused, refusal), fault.ShiftExpired},
		{fmt.Errorf("%w: %w: %w", fiscal.ErrRefused, &fiscal.MarkError{Line: 2, Why: "подпись неверна"}, refusal), fault.FiscalMark},
		{&fiscal.DeviceError{Class: fiscal.FNFatal, Text: "отказ ФН"}, fault.FiscalFN},
		{&fiscal.DeviceError{Class: fiscal.OFDSilent}, fault.FiscalOFD},
		{&fiscal.DeviceError{Class: fiscal.FixClock}, fault.FiscalClock},
		{&fiscal.DeviceError{Class: fiscal.RetryLater}, fault.FiscalBusy},
		{&fiscal.DeviceError{Class: fiscal.Programmer}, fault.FiscalRefused},
		{fiscal.ErrGarbage, fault.FiscalGarbage},
		{fiscal.ErrNoAnswer, fault.FiscalNoAnswer},
		{context.DeadlineExceeded, fault.Timeout},
		{errors.New("?"), fault.Internal},
		{fault.New(fault.ShiftClosed), fault.ShiftClosed},
	} {
		got := explain(c.err)
		if got.Code != c.code || (c.code != fault.ShiftClosed && got.Detail == "") {
			t.Errorf("%v: %s with %q, want %s", c.err, got.Code, got.Detail, c.code)
		}
	}
	if explain(nil) != nil {
		t.Error("no error was explained")
	}
	for err, want := range map[error]bool{record.ErrInvalid: true, fault.New(fault.TooLarge, "x"): true, fault.New(fault.JournalSpace): true, fault.New(fault.JournalWrite): false, errors.New("?"): false} {
		if wroteNothing(err) != want {
			t.Errorf("wroteNothing(%v) = %v", err, !want)
		}
	}
}

// slowFS ends somebody's context in the middle of a flush.
type slowFS struct {
	tape.FS
	armed  atomic.Bool
	inSync func()
}

type slowFile struct {
	tape.File
	fs *slowFS
}

func (f *slowFS) OpenFile(name string, write bool) (tape.File, error) {
	file, err := f.FS.OpenFile(name, write)
	return slowFile{file, f}, err
}

func (f *slowFS) Create(name string) (tape.File, error) {
	file, err := f.FS.Create(name)
	return slowFile{file, f}, err
}

func (f slowFile) Sync() error {
	if f.fs.armed.Load() {
		f.fs.inSync()
	}
	return f.File.Sync()
}

// TestStoppingInTheMiddleOfAWriteDoesNotFailTheJournal: whoever is told to
// stop waits for the write it has begun.
func TestStoppingInTheMiddleOfAWriteDoesNotFailTheJournal(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	fs := &slowFS{FS: tape.OS{}, inSync: stop}
	j, _, err := journal.Open(t.Context(), journal.Options{Dir: filepath.Join(t.TempDir(), "journal"), FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	fs.armed.Store(true)
	e := record.Entry{Kind: record.Setting, ID: uuid.New(), Type: "x", Schema: 1, Data: []byte(`1`)}
	if _, err := (patient{j}).Append(ctx, e); err != nil {
		t.Errorf("the write that had begun: %v", err)
	}
	if _, err := (patient{j}).Append(ctx, e); !errors.Is(err, context.Canceled) {
		t.Errorf("a write after the end: %v", err)
	}
	if err := j.Err(); err != nil {
		t.Errorf("the journal failed: %v", err)
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
}

func TestSecretsAreReplacedWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	for _, want := range []string{"first", "second"} {
		if err := writeSecret(path, []byte(want)); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		info, statErr := os.Stat(path)
		if err != nil || statErr != nil || string(got) != want || info.Mode().Perm() != 0o600 {
			t.Errorf("%q %v %v %v", got, info, err, statErr)
		}
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("%d files are left, %v", len(left), err)
	}
}

func TestTheCustomerSees(t *testing.T) {
	l := display.Layout{Columns: 20, Rows: 2, Language: "ru"}
	line := doc.Line{ID: uuid.New(), Name: "Молоко", Qty: qty.One, Price: 8999}
	weighed := doc.Line{ID: uuid.New(), Name: "Сыр", Qty: 1530, UnitCode: 11, BasePrice: 79900, Price: 71910, Discount: 12225}
	long := doc.Line{ID: uuid.New(), Name: "Молоко ультрапастеризованное", Qty: qty.One, Price: 8999}
	cart := till.ChequeView{Lines: []doc.Line{line}, Total: 8999, Touched: line.ID}
	failing := []fault.Warning{{Code: fault.PowerFailing, Severity: fault.Stop}}
	last := &till.LastView{Total: 8999, Tendered: 10000, Change: 1001}
	still := display.Still
	item := l.Line(display.Item{Name: "Молоко", Qty: qty.One, Price: 8999, Net: 8999}, 8999)
	for name, c := range map[string]struct {
		view till.View
		want display.Reel
	}{
		"nobody":           {till.View{}, still(l.Idle("Привет"))},
		"what was scanned": {till.View{Cheque: cart}, still(item)},
		"what was weighed": {till.View{Cheque: till.ChequeView{Lines: []doc.Line{weighed}, Total: 110022, Touched: weighed.ID}},
			still(display.Frame{Lines: []string{"Сыр         1,530 кг", "x719.10      1100.22"}})},
		"a long name": {till.View{Cheque: till.ChequeView{Lines: []doc.Line{long}, Total: 8999, Touched: long.ID}},
			l.Moving(display.Item{Name: long.Name, Qty: qty.One, Price: 8999, Net: 8999}, 8999)},
		"a cheque made cheaper": {till.View{Cheque: till.ChequeView{Lines: cart.Lines, Total: 7999, Discount: 1000}}, still(l.Total(7999, 1000))},
		"the sum being paid":    {till.View{Paying: &till.ChequeView{Total: 500}, Cheque: cart, Last: last}, still(l.Total(500, 0))},
		"the code to pay by":    {till.View{Paying: &till.ChequeView{Total: 500}, Payment: &till.PaymentView{Charge: &till.ChargeView{QR: "https://pay.example/1", Sum: 500}}}, still(l.Scan(500))},
		"the change":            {till.View{Last: last}, l.Paid(8999, 10000, 1001, still(l.Idle("Привет")))},
		"the change, though the next cheque has begun": {till.View{Last: last, Cheque: cart}, l.Paid(8999, 10000, 1001, still(item))},
		"the supply has failed":                        {till.View{Cheque: cart, Warnings: failing}, still(l.Dark())},
		"the supply, while the sum is paid":            {till.View{Paying: &till.ChequeView{Total: 500}, Warnings: failing}, still(l.Total(500, 0))},
		"the supply, but change first":                 {till.View{Last: last, Warnings: failing}, l.PaidInTheDark(8999, 10000, 1001)},
		"the sum after a voided line":                  {till.View{Cheque: till.ChequeView{Lines: cart.Lines, Total: 8999}}, still(l.Total(8999, 0))},
	} {
		if got := reel(l, c.view, "Привет"); !got.Equal(c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
