package syncer_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/kassa-pos/kassa/offline/moysklad/moyskladtest"
	"github.com/kassa-pos/kassa/offline/outbox/outboxtest"
	"github.com/kassa-pos/kassa/offline/syncer"
)

// A till that is switched off and on while the cloud is down tries at once and
// then waits as long as it had learnt to, instead of beginning anew.
func TestPatienceSurvivesARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, moyskladtest.Options{})
		longest := func(n int64) int64 { return n - 1 }
		start := func() (stop func()) {
			b.sync = syncer.New(syncer.Options{Journal: b.journal, Cloud: b.client, NotFound: outboxtest.NotFound, Jitter: longest})
			return b.run()
		}
		// The cloud is down before the syncer starts: a document that is quicker
		// than the fault would leave nothing to ask for.
		asked := func(d time.Duration) (n int64, stop func()) {
			before := b.cloud.State().Requests
			b.fault("up")
			b.fault("http", "503", "1000")
			stop = start()
			time.Sleep(d)
			return b.cloud.State().Requests - before, stop
		}
		b.journal.Put(t, b.till.Shift(1)[:1]...)
		n, stop := asked(10 * time.Minute)
		if n < 12 || n > 18 { // 0, 1, 3, 7, 15, 31, 63, then every minute
			t.Errorf("%d requests in ten minutes", n)
		}
		stop()
		if n, stop = asked(50 * time.Second); n != 1 {
			t.Errorf("%d requests after a restart", n)
		}
		b.fault("up")
		time.Sleep(2 * time.Minute)
		stop()
		if st := b.up(); st.Queued != 0 || len(b.cloud.Documents()) != 1 {
			t.Errorf("%+v", st)
		}
	})
}
