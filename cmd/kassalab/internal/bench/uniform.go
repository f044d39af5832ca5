package bench

import (
	"errors"
	"fmt"
	"strings"
)

// What can happen to any device has one name for all of them: unplug, hang,
// garbage, slow; mend makes a device whole again. Where a device's own fault is
// called otherwise, own says how; where one makes no sense, senseless says why.

// own are the devices' own words.
var own = map[string]map[string]string{
	"kkt":      {slow: "lag"},
	"terminal": {"unplug": "unplugged"},
}

var senseless = map[string]map[string]string{
	"display": {"garbage": "a display says nothing to the till, so it can say no nonsense"},
	"gpio":    {"garbage": "a line is high or low: no level is nonsense"},
}

// Classes are the devices of a till that can be broken in every uniform way.
func Classes() []string {
	return []string{"kkt", "scanner", "display", "scale", "terminal", "printer", "gpio"}
}

// Uniform are the names that every class knows.
func Uniform() []string { return []string{"unplug", hang, "garbage", slow} }

// translate gives a request in the device's own words.
func (r FaultRequest) translate() (FaultRequest, error) {
	if why := senseless[r.Device][r.Name]; why != "" {
		return r, &BadRequest{fmt.Sprintf("%s has no %s: %s", r.Device, r.Name, why)}
	}
	if name := own[r.Device][r.Name]; name != "" {
		r.Name = name
	}
	return r, nil
}

// whole takes back everything that is wrong with a device.
func (b *Bench) whole(device string) error {
	var errs []error
	for _, f := range b.devices()[device].faults() {
		if f.On && f.Mend != "" {
			word := strings.Fields(f.Mend)
			errs = append(errs, b.devices()[device].fault(word[0], word[1:]))
		}
	}
	return errors.Join(errs...)
}
