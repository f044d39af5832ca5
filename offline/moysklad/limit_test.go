package moysklad_test

import (
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
