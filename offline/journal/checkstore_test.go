package journal

import (
	"context"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/dgraph-io/badger/v4"

	"github.com/kassa-pos/kassa/pos/record"
)

// Whatever differs between Badger and the tape is told, where it is, and made
// good by the next Open; a verify that runs while the till sells is not
// confused by what comes meanwhile.
func TestVerifyComparesBadger(t *testing.T) {
	const records, at = 700, 600
	seq := func(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
	login := typePrefix(record.Audit, "login")
	for name, c := range map[string]struct {
		change func(txn *badger.Txn) error
		want   []Problem // code and seq
	}{
		"nothing": {func(*badger.Txn) error { return nil }, nil},
		"a record is gone": {func(txn *badger.Txn) error { return txn.Delete(seqKey(keyRecord, at)) },
			[]Problem{{Code: "badger.record", Seq: at}}},
		"a record is another": {func(txn *badger.Txn) error { return txn.Set(seqKey(keyRecord, at), []byte("Lxxxx{}")) },
			[]Problem{{Code: "badger.record", Seq: at}}},
		"a record and an entry are gone": {func(txn *badger.Txn) error {
			if err := txn.Delete(seqKey(keyRecord, at)); err != nil {
				return err
			}
			return txn.Delete(withSeq(login, at+50))
		}, []Problem{{Code: "badger.record", Seq: at}, {Code: "badger.index", Seq: at + 50}}},
		"an entry is gone":     {func(txn *badger.Txn) error { return txn.Delete(withSeq(login, at)) }, []Problem{{Code: "badger.index", Seq: 512}}},
		"an entry of the last": {func(txn *badger.Txn) error { return txn.Delete(withSeq(kindPrefix(record.Audit), records)) }, []Problem{{Code: "badger.index", Seq: 512}}},
		"an entry too many": {func(txn *badger.Txn) error { return txn.Set(withSeq(typePrefix(record.Audit, "logout"), 3), nil) },
			[]Problem{{Code: "badger.index", Seq: 1}}},
		"an entry of nobody": {func(txn *badger.Txn) error { return txn.Set([]byte{keyKind, 1}, nil) }, []Problem{{Code: "badger.index", Seq: 1}}},
		"a copy that is none": {func(txn *badger.Txn) error { return txn.Set(seqKey(keyCarried, 2), seq(300)) },
			[]Problem{{Code: "badger.index", Seq: 256}}},
		"a name is gone": {func(txn *badger.Txn) error { return txn.Delete(settingKey("colour")) }, []Problem{{Code: "badger.index", Seq: 1}}},
		"a name is older": {func(txn *badger.Txn) error { return txn.Set(settingKey("colour"), seq(0)) },
			[]Problem{{Code: "badger.index", Seq: 1}}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			j, _ := open(t, opts(dir))
			add(t, j, entry(record.Setting, "colour", 1))
			batch := make([]record.Entry, 0, record.MaxBatch)
			for n := 2; n <= records; n++ {
				if batch = append(batch, entry(record.Audit, "login", n)); len(batch) == cap(batch) || n == records {
					add(t, j, batch...)
					batch = batch[:0]
				}
			}
			must(t, j.caughtUp(t.Context()))
			must(t, j.store.db.Update(c.change))
			rep, err := j.Verify(t.Context(), VerifyOptions{Progress: func(done, _ uint64) {
				if done == at { // the till sells meanwhile
					if _, err := j.Append(context.Background(), entry(record.Audit, "login", 10_000)); err != nil {
						t.Error(err)
					}
				}
			}})
			must(t, err)
			got := slices.Clone(rep.Problems)
			for i := range got {
				got[i].Text = ""
			}
			if !slices.Equal(got, append([]Problem{}, c.want...)) || rep.OK != (c.want == nil) || rep.Last != records {
				t.Errorf("%+v", rep)
			}
			closed(t, j)
			j, did := open(t, opts(dir))
			if did.BadgerRebuilt != (c.want != nil) {
				t.Errorf("%+v", did)
			}
			if rep, err := j.Verify(t.Context(), VerifyOptions{}); err != nil || !rep.OK || rep.Records != records+1 {
				t.Errorf("%+v, %v", rep, err)
			}
		})
	}
}
