package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestPercentile(t *testing.T) {
	var s samples
	for i := 100; i >= 1; i-- {
		s = append(s, time.Duration(i))
	}
	for p, want := range map[float64]time.Duration{0: 1, 1: 1, 50: 50, 50.5: 51, 99: 99, 100: 100} {
		if got := s.percentile(p); got != want {
			t.Errorf("p%v = %d, want %d", p, got, want)
		}
	}
	if got := (samples{7}).percentile(99); got != 7 {
		t.Errorf("of one sample: %d", got)
	}
	if got := (samples(nil)).percentile(50); got != 0 {
		t.Errorf("of none: %d", got)
	}
}

func TestVerdict(t *testing.T) {
	for _, c := range []struct {
		f    figure
		want string
	}{
		{figure{name: "a", value: 2, unit: "ms", budget: atMost(2)}, "ok"},
		{figure{name: "b", value: 2.01, unit: "ms", budget: atMost(2)}, "over"},
		{figure{name: "c", value: 9, unit: "ms", ratio: 1.5, budget: ratioAtMost(1.5)}, "ok"},
		{figure{name: "d", value: 1, unit: "ms", ratio: 1.6, budget: ratioAtMost(1.5)}, "over"},
		{figure{name: "e", value: 1e9, unit: "ms"}, "ok"},
	} {
		var out bytes.Buffer
		p := printer{out: &out}
		p.print(c.f)
		fields := strings.Fields(out.String())
		if len(fields) < 6 || fields[0] != c.f.name || fields[5] != c.want || (p.over == 1) != (c.want == "over") {
			t.Errorf("%+v: %q, over %d", c.f, out.String(), p.over)
		}
	}
}
