package kkt

import (
	"fmt"
	"strconv"
	"time"

	"github.com/kassa-pos/kassa/pos/fault"
)

// When a device's state becomes worth a warning.
const (
	MaxDrift   = time.Minute     // of its clock: beyond it the clock is set, with the shift closed
	FatalDrift = 5 * time.Minute // beyond it the FN refuses documents

	fnWarnDays  = 30
	fnSoonDays  = 10
	fnLastDays  = 3
	fnFewPlaces = 1000 // five-year documents
	fnLowBuffer = 64   // KiB
	noticesFull = 80   // percent
	batteryLow  = 2400 // millivolts of a 3 V cell
	// desktopSupply tells desktop devices from mobile ones, whose two voltages
	// mean other things: they have no 24 V.
	desktopSupply = 15_000
)

// Bits of Status.FNWarnings, and of FNPhase.
const (
	fnCrypto3  = 1 << 0 // its keys last 3 days more
	fnCrypto30 = 1 << 1
	fnArchive  = 1 << 2
	fnOFDLate  = 1 << 3
	fnCritical = 1 << 7

	phaseFiscal = 1 << 1
	phaseClosed = 1 << 2
)

// Drift is by how much the device's clock is off now, never negative; 0 when
// the device does not tell its time.
func Drift(device, now time.Time) time.Duration {
	if device.IsZero() {
		return 0
	}
	return now.Sub(device).Abs()
}

// Warnings tells what in a device's state a person should know. Facts may be
// zero: then only s is judged. now is the till's time, also of Since; a caller
// that keeps warnings knows better since when each lasts.
func Warnings(f Facts, s Status, now time.Time) []fault.Warning {
	var all []fault.Warning
	add := func(severity fault.Severity, code fault.Code, args ...string) {
		all = append(all, fault.Warning{Code: code, Severity: severity, Args: args, Since: now})
	}
	if s.FNPhase != 0 && (s.FNPhase&phaseFiscal == 0 || s.FNPhase&phaseClosed != 0) {
		add(fault.Stop, fault.FiscalPhase, strconv.Itoa(s.FNPhase))
	}
	if s.FNWarnings&fnCritical != 0 {
		add(fault.Warn, fault.FiscalFNCritical)
	}
	expiry(f, s, now, add)
	switch {
	case f.FN != "" && f.FNDocuments >= 0 && f.FNDocuments < fnFewPlaces:
		add(fault.Warn, fault.FiscalFNPlaces, strconv.FormatInt(f.FNDocuments, 10))
	case s.FNWarnings&fnArchive != 0:
		add(fault.Warn, fault.FiscalFNArchive)
	}
	if f.FN != "" && f.FNBuffer >= 0 && f.FNBuffer < fnLowBuffer {
		add(fault.Warn, fault.FiscalFNBuffer, strconv.FormatInt(f.FNBuffer, 10))
	}
	if s.FNWarnings&fnOFDLate != 0 {
		add(fault.Warn, fault.FiscalOFDLate)
	}
	if f.Notices.Fill >= noticesFull {
		add(fault.Warn, fault.FiscalNotices, strconv.Itoa(f.Notices.Fill), strconv.Itoa(f.Notices.Queued))
	}
	if d := Drift(s.Clock, now); d > MaxDrift {
		add(fault.Warn, fault.FiscalDrift, strconv.Itoa(int(d/time.Minute)))
	}
	if f.Supply >= desktopSupply && f.Battery > 0 && f.Battery < batteryLow {
		add(fault.Warn, fault.FiscalBattery, fmt.Sprintf("%d.%d", f.Battery/1000, f.Battery%1000/100))
	}
	if f.Replaces {
		add(fault.Warn, fault.FiscalReplaces)
	}
	return all
}

// expiry warns 30, 10 and 3 days before the FN's last day. Where the date is
// not known the FN's own warnings have to do.
func expiry(f Facts, s Status, now time.Time, add func(fault.Severity, fault.Code, ...string)) {
	const unknown = "?"
	if f.FNExpires.IsZero() {
		switch {
		case s.FNWarnings&fnCrypto3 != 0:
			add(fault.Warn, fault.FiscalFNLastDays, strconv.Itoa(fnLastDays), unknown)
		case s.FNWarnings&fnCrypto30 != 0:
			add(fault.Info, fault.FiscalFNExpires, strconv.Itoa(fnWarnDays), unknown)
		}
		return
	}
	date := f.FNExpires.Format("02.01.2006")
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	last := time.Date(f.FNExpires.Year(), f.FNExpires.Month(), f.FNExpires.Day(), 0, 0, 0, 0, time.UTC)
	switch days := int(last.Sub(today) / (24 * time.Hour)); {
	case days < 0:
		add(fault.Stop, fault.FiscalFNExpired, date)
	case days <= fnLastDays:
		add(fault.Warn, fault.FiscalFNLastDays, strconv.Itoa(days), date)
	case days <= fnSoonDays:
		add(fault.Warn, fault.FiscalFNExpires, strconv.Itoa(days), date)
	case days <= fnWarnDays:
		add(fault.Info, fault.FiscalFNExpires, strconv.Itoa(days), date)
	}
}
