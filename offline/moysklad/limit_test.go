package moysklad_test

import (
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kassa-pos/kassa/offline/moysklad"
	"github.com/kassa-pos/kassa/offline/moysklad/moyskladtest"
	"github.com/kassa-pos/kassa/offline/outbox"
)

// 300 documents at once: the service never has to say no, and at least 95 %
// of what it allows is used.
func TestBurstStaysWithinTheLimit(t *testing.T) {
	data := shop(1)
	synctest.Test(t, func(t *testing.T) {
		s := fake(t, moyskladtest.Options{Data: data})
		c := attach(t, options(s))
		began := time.Now()
		send(t, c, "PUT", "/rpc/openshift/", shiftBody("openmoment"))
		var all sync.WaitGroup
		work := make(chan int)
		for range 8 {
			all.Go(func() {
				for i := range work {
					send(t, c, "POST", "/entity/retaildemand", saleBody(i))
				}
			})
		}
		for i := range 300 {
			work <- i
		}
		close(work)
		all.Wait()
		took := time.Since(began)
		if st := s.State(); st.Limited != 0 || st.Sales != 300 {
			t.Errorf("%d refused for the limit, %d sales", st.Limited, st.Sales)
		}
		if ideal := 300 * 5 * time.Second / 100; took > ideal*100/95 {
			t.Errorf("took %v, the limit allows %v", took, ideal)
		}
	})
}

// way is a network whose trips there and back take any time up to half a
// second, each its own.
type way struct {
	rnd *rand.Rand
	mu  sync.Mutex
	to  http.RoundTripper
}

func (w *way) trip() <-chan time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.After(time.Duration(w.rnd.Int64N(int64(500 * time.Millisecond))))
}

func (w *way) RoundTrip(r *http.Request) (*http.Response, error) {
	<-w.trip()
	resp, err := w.to.RoundTrip(r)
	<-w.trip()
	return resp, err
}

// Requests bunch up and spread out on the way, and now and then nothing is sent
// for a while: the service never counts too many, and what a pause has left
// unused is used after it.
func TestLimitHoldsOnAnyWay(t *testing.T) {
	data := shop(1)
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			s := fake(t, moyskladtest.Options{Data: data, RateLimit: moyskladtest.RateLimit{Requests: 40, Interval: 5 * time.Second}})
			rnd := rand.New(rand.NewPCG(seed, 1))
			o := options(s)
			c := attach(t, o)
			for range 2 { // the real limit is learnt
				if _, err := c.Store(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			o.HTTP = &http.Client{Transport: &way{rnd: rand.New(rand.NewPCG(seed, 2)), to: moyskladtest.Transport(s)}}
			c = attach(t, o)
			send(t, c, "PUT", "/rpc/openshift/", shiftBody("openmoment"))
			began, idle := time.Now(), time.Duration(0)
			for n := 0; n < 400; {
				var all sync.WaitGroup
				for range 16 { // a round, then the disk
					sale := saleBody(n)
					all.Go(func() { send(t, c, "POST", "/entity/retaildemand", sale) })
					n++
				}
				all.Wait()
				if pause := time.Duration(rnd.Int64N(int64(200 * time.Millisecond))); pause > 0 {
					<-time.After(pause)
					idle += pause
				}
			}
			took := time.Since(began)
			if st := s.State(); st.Limited != 0 || st.Sales != 400 {
				t.Errorf("%d refused for the limit, %d sales", st.Limited, st.Sales)
			}
			// A window is longer by one trip there and back.
			if ideal := 400 * 5500 * time.Millisecond / 40; took > ideal*100/90 {
				t.Errorf("took %v (%v of it idle), the limit allows %v", took, idle, ideal)
			}
		})
	}
}

// A smaller limit, learnt from the headers.
func TestLimitIsLearnt(t *testing.T) {
	data := shop(1)
	synctest.Test(t, func(t *testing.T) {
		s := fake(t, moyskladtest.Options{Data: data, RateLimit: moyskladtest.RateLimit{Requests: 10, Interval: 2 * time.Second}})
		c := attach(t, options(s))
		for range 60 {
			if _, err := c.Store(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if st := s.State(); st.Limited != 0 {
			t.Errorf("%d of %d refused", st.Limited, st.Requests)
		}
	})
}

// What others of the account have used is in the headers: it is left to them.
func TestOthersUseTheLimitToo(t *testing.T) {
	data := shop(1)
	synctest.Test(t, func(t *testing.T) {
		s := fake(t, moyskladtest.Options{Data: data})
		c := attach(t, options(s))
		for range 60 {
			r := httptest.NewRequest("GET", base+"/x", nil)
			s.ServeHTTP(httptest.NewRecorder(), r)
		}
		began := time.Now()
		for range 110 { // of two requests
			if _, err := c.Store(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if st, took := s.State(), time.Since(began); st.Limited != 0 || took > 10*time.Second {
			t.Errorf("%d refused, took %v", st.Limited, took)
		}
	})
}

// Two tills share an account's limit: who is refused waits as told and gets on.
func TestWaitsAsTold(t *testing.T) {
	data := shop(1)
	synctest.Test(t, func(t *testing.T) {
		s := fake(t, moyskladtest.Options{Data: data})
		c := attach(t, options(s))
		for range 99 { // somebody else uses the limit up
			r := httptest.NewRequest("GET", base+"/x", nil)
			s.ServeHTTP(httptest.NewRecorder(), r)
		}
		_, err := c.Store(t.Context())
		f := outbox.FailureOf(err)
		if f.Class != outbox.Retry || f.Wait <= 0 || f.Wait > 5*time.Second {
			t.Fatalf("got %v, wait %v", err, f.Wait)
		}
		began := time.Now()
		if _, err := c.Store(t.Context()); err != nil {
			t.Error(err)
		}
		if d := time.Since(began); d < f.Wait {
			t.Errorf("asked again after %v, told %v", d, f.Wait)
		}
	})
}

func TestAHangingServiceIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		c, err := moysklad.New(options(h))
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		_, err = c.Store(t.Context())
		if d := time.Since(began); outbox.FailureOf(err).Class != outbox.Retry || d != moysklad.RequestTimeout {
			t.Errorf("after %v: %v", d, err)
		}
	})
}
