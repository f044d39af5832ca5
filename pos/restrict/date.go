package restrict

import (
	"encoding/json"
	"fmt"
	"time"
)

// Date is a day of the calendar, "2026-01-31" in JSON.
type Date struct {
	y int
	m time.Month
	d int
}

// DateOf is the day of a moment, in its own zone.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

func (d Date) zero() bool { return d == Date{} }

func (d Date) before(o Date) bool {
	if d.y != o.y {
		return d.y < o.y
	}
	return d.m < o.m || (d.m == o.m && d.d < o.d)
}

// String is the date as in JSON.
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.y, d.m, d.d) }

// MarshalJSON writes the date.
func (d Date) MarshalJSON() ([]byte, error) { return json.Marshal(d.String()) }

// UnmarshalJSON reads a date.
func (d *Date) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return fmt.Errorf("date %.20q", s)
	}
	*d = DateOf(t)
	return nil
}

// Clock is a time of the day in minutes, "23:00" in JSON; "24:00" is the end
// of the day.
type Clock int

const dayEnd Clock = 24 * 60

// on is the moment on a day that begins at midnight.
func (c Clock) on(midnight time.Time) time.Time {
	y, m, d := midnight.Date()
	return time.Date(y, m, d, 0, int(c), 0, 0, midnight.Location())
}

// String is the time as in JSON.
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", int(c)/60, int(c)%60) }

// MarshalJSON writes the time.
func (c Clock) MarshalJSON() ([]byte, error) { return json.Marshal(c.String()) }

// UnmarshalJSON reads a time.
func (c *Clock) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	if s == dayEnd.String() {
		*c = dayEnd
		return nil
	}
	t, err := time.Parse("15:04", s)
	if err != nil {
		return fmt.Errorf("time of day %.20q", s)
	}
	*c = Clock(t.Hour()*60 + t.Minute())
	return nil
}
