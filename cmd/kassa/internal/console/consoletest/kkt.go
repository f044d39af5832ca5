package consoletest

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
)

// KKT is a fiscal device as a technician sees it, over the till's own. It
// remembers what was done to it.
type KKT struct {
	Till *Till

	mu    sync.Mutex
	done  []string
	paper []string // lines that were printed
}

var _ api.KKT = (*KKT)(nil)

// Done is what was done to the device, in order.
func (k *KKT) Done() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]string(nil), k.done...)
}

func (k *KKT) do(what string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.done = append(k.done, what)
	return nil
}

// State implements api.KKT.
func (k *KKT) State(context.Context) (api.KKTState, error) {
	v, _ := k.Till.View()
	if !v.KKT.Ready {
		return api.KKTState{}, fault.New(fault.FiscalMissing)
	}
	now := k.Till.now()
	f := kkt.Facts{Identity: v.KKT.Identity, User: "ООО «Берёзка»", Address: "125009, г. Москва, ул. Тверская, д. 7, стр. 1, помещение 4", FNExpires: now.Add(21 * 24 * time.Hour),
		FNDocuments: 218_400, FNBuffer: 900, OFD: kkt.OFD{Name: "АО «Энергетические системы»", Host: "ofd.example", Port: 21101}, Clock: now.Add(95 * time.Second),
		Exchange: kkt.Exchange{Unsent: v.KKT.Status.Unsent, Since: v.KKT.Status.UnsentSince, FirstFD: 41_860}}
	status := v.KKT.Status
	status.Clock = f.Clock
	s := api.KKTState{Facts: f, Status: status, Drift: kkt.Drift(f.Clock, now).Milliseconds()}
	for _, w := range kkt.Warnings(f, status, now) {
		s.Warnings = append(s.Warnings, api.Warning{Warning: w, Text: w.Text("ru")})
	}
	return s, nil
}

// Document implements api.KKT.
func (k *KKT) Document(context.Context, uint32) (kkt.FNDocument, error) {
	return kkt.FNDocument{}, fault.New(fault.KKTNoDocument)
}

// Settings implements api.KKT.
func (k *KKT) Settings(context.Context, string) ([]kkt.Setting, error) {
	at := func(table string, row int, field, value string) kkt.Setting {
		return kkt.Setting{SettingRef: kkt.SettingRef{Table: table, Row: row, Field: field}, Value: value}
	}
	return []kkt.Setting{
		at("Тип и режим кассы", 1, "Номер магазина", "1"), at("Тип и режим кассы", 1, "Отрезка чека после завершения расчёта", "1"),
		at("Fiscal storage", 1, "User", "ООО «Берёзка»"), at("Fiscal storage", 1, "Rnm", "0001234567012345"),
		at("Параметры ОФД", 1, "Сервер", "ofd.example"), at("Параметры ОФД", 1, "Порт", "21101"), at("Параметры ОФД", 1, "Таймаут чтения ответа", ""),
	}, nil
}

// Set implements api.KKT.
func (k *KKT) Set(_ context.Context, ref kkt.SettingRef, value string) error {
	return k.do("set " + ref.Field + "=" + value)
}

// SetClock implements api.KKT.
func (k *KKT) SetClock(context.Context) error { return k.do("clock") }

// Copy implements api.KKT.
func (k *KKT) Copy(context.Context) error { return k.do("copy") }

// Print implements api.KKT.
func (k *KKT) Print(_ context.Context, lines []string) error {
	err := k.do("print")
	if err == nil {
		k.mu.Lock()
		k.paper = append(k.paper, lines...)
		k.mu.Unlock()
	}
	return err
}

// Paper is all that was printed.
func (k *KKT) Paper() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.paper)
}

// Test implements api.KKT.
func (k *KKT) Test(context.Context) error { return k.do("test") }

// Cut implements api.KKT.
func (k *KKT) Cut(context.Context) error { return k.do("cut") }
