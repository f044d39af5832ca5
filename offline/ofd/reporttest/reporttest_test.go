package reporttest

import (
	"encoding/binary"
	"errors"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kassa-pos/kassa/offline/ofd"
	"github.com/kassa-pos/kassa/offline/ofd/ofdtest"
)

func tlv(tag uint16, value ...byte) []byte {
	b := binary.LittleEndian.AppendUint16(nil, tag)
	return append(binary.LittleEndian.AppendUint16(b, uint16(len(value))), value...)
}

func le(n uint32) []byte { return binary.LittleEndian.AppendUint32(nil, n) }

// took is what an operator took in so many shifts of three documents.
func took(shifts int) (all []ofdtest.Document) {
	at := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	add := func(form int, shift uint32, more ...[]byte) {
		body := append(tlv(1012, le(uint32(at.Unix()))...), tlv(1037, []byte("0000000000012345    ")...)...)
		body = append(body, tlv(1038, le(shift)...)...)
		for _, m := range more {
			body = append(body, m...)
		}
		all = append(all, ofdtest.Document{FN: "9999078900000001", FD: uint32(len(all) + 1), Form: form, Body: body})
		at = at.Add(time.Hour)
	}
	for s := uint32(1); int(s) <= shifts; s++ {
		add(2, s)
		add(3, s, tlv(1054, 1), tlv(1055, 1), tlv(1020, le(12345)...), tlv(1031, le(10000)...), tlv(1081, le(2345)...))
		add(3, s, tlv(1054, 2), tlv(1055, 1), tlv(1020, 100), tlv(1031, 100))
		add(5, s)
	}
	return all
}

// A client reads from a moody service what a plain one says.
func TestTheClientReadsWhateverTheServiceSpells(t *testing.T) {
	docs := took(45)
	q := ofd.Query{From: "2026-11-01", To: "2026-12-31", Limit: 7}
	var reports [][]ofd.Shift
	for seed := range uint64(6) {
		s := New(Options{YandexKey: "a", OFDKey: "b", Documents: func() []ofdtest.Document { return docs }, Seed: seed, Plain: seed == 0})
		server := httptest.NewServer(s)
		got, err := ofd.New(ofd.Options{URL: server.URL + "/v1", YandexKey: "a", OFDKey: "b", HTTP: server.Client()}).Shifts(t.Context(), q)
		server.Close()
		if err != nil || len(got) != 45 || s.Calls() != 7 {
			t.Fatalf("%d shifts in %d calls: %v", len(got), s.Calls(), err)
		}
		for i := range got { // what may be missing is nothing here
			for _, b := range got[i].Blocks() {
				for _, f := range []*ofd.Figure{&(*b).Cash, &(*b).Ecash, &(*b).Prepaid, &(*b).Credit, &(*b).Provision, &(*b).Total} {
					if f.Count == nil {
						f.Count = new(int64)
					}
				}
			}
		}
		reports = append(reports, got)
	}
	for _, r := range reports[1:] {
		if d := cmp.Diff(reports[0], r); d != "" {
			t.Fatal(d)
		}
	}
	first := reports[0][0]
	if *first.Income.Total.Sum != 12345 || *first.Income.Ecash.Sum != 2345 || *first.Income.Ecash.Count != 1 || *first.IncomeReturn.Total.Sum != 100 ||
		first.RN != "0000000000012345" || first.Open != "2026-11-01 09:00:00" || first.Close != "2026-11-01 12:00:00" {
		t.Errorf("%+v", first)
	}
}

func TestWhatTheRealOneWouldRefuse(t *testing.T) {
	s := New(Options{YandexKey: "a", OFDKey: "b", Documents: func() []ofdtest.Document { return nil }})
	server := httptest.NewServer(s)
	defer server.Close()
	period := ofd.Query{From: "2026-11-01", To: "2026-11-30"}
	for _, c := range []struct {
		yandex, own  string
		q            ofd.Query
		status, code int
	}{{"x", "b", period, 401, 1}, {"a", "x", period, 401, 2}, {"a", "b", ofd.Query{From: "2026-11-01"}, 400, 5}} {
		_, err := ofd.New(ofd.Options{URL: server.URL, YandexKey: c.yandex, OFDKey: c.own, HTTP: server.Client()}).Page(t.Context(), c.q)
		var r *ofd.Refusal
		if !errors.As(err, &r) || r.Status != c.status || r.Code != c.code {
			t.Errorf("%+v: %v", c, err)
		}
	}
	s.Fault(503)
	_, err := ofd.New(ofd.Options{URL: server.URL, YandexKey: "a", OFDKey: "b", HTTP: server.Client()}).Shifts(t.Context(), period)
	var r *ofd.Refusal
	if !errors.As(err, &r) || r.Status != 503 || r.Permanent() {
		t.Errorf("%v", err)
	}
}
