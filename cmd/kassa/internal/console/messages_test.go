package console

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/feature/plural"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/reports"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/updates"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/users"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/pricing"
	"github.com/kassa-pos/kassa/pos/stock"
	"github.com/kassa-pos/kassa/pos/till"
)

type ctxt = context.Context

func localesForTest(t *testing.T) (ru, en *locale) {
	t.Helper()
	assets, err := loadAssets()
	if err != nil {
		t.Fatal(err)
	}
	all, err := loadLocales(assets)
	if err != nil {
		t.Fatal(err)
	}
	return all["ru"], all["en"]
}

// sources is all text of this package that can name a message.
func sources(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "messages") {
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(b)
	}
	err = fs.WalkDir(templateFiles, "templates", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(templateFiles, path)
		all.Write(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

func TestEveryMessageIsThereAndUsed(t *testing.T) {
	text := sources(t)
	used := map[string]bool{}
	for _, m := range regexp.MustCompile(`\b(?:t|Both) "([a-z][\w.]*)"|(?:must|text|say)\("([a-z][\w.]*)"|key(?:, b\.Grave)? :?= "([a-z][\w.]*)"|"(warn\.[a-z]+)"|w, r, "\w+", "([a-z.]+)"`).FindAllStringSubmatch(text, -1) {
		for _, key := range m[1:] {
			if key != "" && !strings.HasSuffix(key, ".") {
				used[key] = true
			}
		}
	}
	for _, typ := range doc.Types() {
		used["doc."+string(typ)] = true
	}
	for _, s := range []string{DeviceReady, DeviceConnecting, DeviceDown} {
		used["device."+s] = true
	}
	for _, kind := range []kkt.OperationKind{kkt.OpSale, kkt.OpSaleReturn, kkt.OpBuy, kkt.OpBuyReturn, kkt.OpOpenShift, kkt.OpCloseShift,
		kkt.OpCorrection, kkt.OpStateReport, kkt.OpCashIn, kkt.OpCashOut} {
		used["op."+string(kind)] = true
	}
	used["op.late_payment"] = true // the till's own: money without a document
	for _, step := range []string{till.StepShift, till.StepUnsent, till.StepArchive, till.StepRegister, till.StepAccept} {
		used["fn.step."+step] = true
	}
	for _, by := range reports.Bys() {
		used["reports.by."+string(by)] = true
	}
	for _, span := range reports.Spans() {
		used["reports.span."+span] = true
	}
	for n := 1; n <= till.MaxCategory; n++ {
		used[fmt.Sprintf("cash.category.%d", n)] = true
	}
	for _, m := range regexp.MustCompile(`"(when\.[a-z]+)"`).FindAllStringSubmatch(text, -1) {
		used[m[1]] = true
	}
	for _, why := range pricing.Whys() {
		used["why."+string(why)] = true
	}
	for _, kind := range []doc.ClaimKind{doc.ClaimAdvance, doc.ClaimCertificate, doc.ClaimPrepayment, doc.ClaimDebt} {
		used["claim."+string(kind)] = true
	}
	for _, typ := range stock.Types() {
		used["stock.what."+string(typ)] = true
	}
	for _, place := range []string{PlaceMoySklad, PlaceOFD} {
		used["sync.place."+place] = true
	}
	for _, kind := range []string{RefGoods, RefPeople, RefFolders, RefDiscounts, RefStore, RefOrders} {
		used["sync.reference."+kind] = true
	}
	for _, phase := range []updates.Phase{updates.Downloading, updates.Staged, updates.Checking, updates.Installing, updates.Restarting} {
		used["updates.phase."+string(phase)] = true
	}
	for key := range settingNames {
		used[key] = true
	}
	for key := range sectionNames {
		used[key] = true
	}
	for _, role := range users.Roles() {
		used["role."+string(role)] = true
	}
	for day := time.Sunday; day <= time.Saturday; day++ {
		used[fmt.Sprintf("day.%d", day)] = true
	}
	for key := range used {
		if _, ok := messages[key]; !ok {
			t.Errorf("message %q is used and does not exist", key)
		}
	}
	for key := range messages {
		if !used[key] {
			t.Errorf("message %q is never used", key)
		}
	}
	for _, m := range regexp.MustCompile(`\bn "([a-z.]+)"`).FindAllStringSubmatch(text, -1) {
		if _, ok := counted[m[1]]; !ok {
			t.Errorf("counted message %q is used and does not exist", m[1])
		}
	}
}

func TestBothLanguagesSayTheSame(t *testing.T) {
	hole := regexp.MustCompile(`\{\d\}`)
	cyrillic := regexp.MustCompile(`[А-яЁё]`)
	check := func(key, ru, en string) {
		t.Helper()
		if strings.TrimSpace(ru) == "" || strings.TrimSpace(en) == "" {
			t.Errorf("%s: a language is missing", key)
		}
		if cyrillic.MatchString(en) {
			t.Errorf("%s: Russian in the English text %q", key, en)
		}
		if a, b := hole.FindAllString(ru, -1), hole.FindAllString(en, -1); strings.Join(a, "") != strings.Join(b, "") {
			t.Errorf("%s: %q and %q take different values", key, ru, en)
		}
	}
	for key, m := range messages {
		check(key, m.ru, m.en)
	}
	ru, en := localesForTest(t)
	for key, m := range counted {
		check(key, m.ru[plural.One], m.en[plural.One])
		for n := range 130 {
			for _, l := range []*locale{ru, en} {
				if _, err := l.count(key, n); err != nil {
					t.Error(err)
				}
			}
		}
	}
	for n, want := range map[int]string{0: "0 позиций", 1: "1 позиция", 2: "2 позиции", 5: "5 позиций", 11: "11 позиций", 21: "21 позиция", 112: "112 позиций", 1003: "1" + nbsp + "003 позиции"} {
		if got, _ := ru.count("positions", n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}
