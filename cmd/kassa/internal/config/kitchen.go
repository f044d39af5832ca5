package config

import (
	"fmt"

	"github.com/kassa-pos/kassa/pos/kitchen"
)

// Kitchen says who makes what, and when they are told.
type Kitchen struct {
	OnPark   *bool            `toml:"on_park"` // as a cheque is put aside; absent: yes
	OnPay    *bool            `toml:"on_pay"`  // with the sale, what was not sent before; absent: yes
	Keep     Duration         `toml:"keep"`    // an order not printed for so long is of no use; "" is four hours
	Stations []KitchenStation `toml:"station"`
}

// KitchenStation is a place with a printer where dishes are made.
type KitchenStation struct {
	Name    string   `toml:"name"`
	Folders []string `toml:"folders"` // of the catalogue, by name or id; what is below them counts
	Rest    bool     `toml:"rest"`    // makes what no other station does
	Printer *Printer `toml:"printer"` // absent: the till's own
}

// Parking tells whether the kitchen is told of parked cheques.
func (k *Kitchen) Parking() bool { return k != nil && (k.OnPark == nil || *k.OnPark) }

// Paying tells whether the kitchen is told of what was paid.
func (k *Kitchen) Paying() bool { return k != nil && (k.OnPay == nil || *k.OnPay) }

// Device is the name of a station's own printer among the devices.
func (s *KitchenStation) Device() string { return "kitchen " + s.Name }

func (c *Config) checkKitchen(k *check) {
	if c.Kitchen == nil {
		return
	}
	if n := len(c.Kitchen.Stations); n == 0 {
		k.missing("kitchen.station")
	} else if n > kitchen.MaxStations {
		k.bad("kitchen.station", "мест %d, не больше %d", "%d stations, at most %d", n, kitchen.MaxStations)
	}
	if c.Kitchen.Keep < 0 {
		k.bad("kitchen.keep", "меньше нуля", "below zero")
	}
	names, rest := map[string]bool{}, false
	for i := range c.Kitchen.Stations {
		s := &c.Kitchen.Stations[i]
		key := fmt.Sprintf("kitchen.station[%d]", i+1)
		switch {
		case s.Name == "":
			k.missing(key + ".name")
		case len([]rune(s.Name)) > MaxStation || names[s.Name]:
			k.bad(key+".name", "%.40q уже занято или длиннее %d букв", "%.40q is taken or longer than %d letters", s.Name, MaxStation)
		case len(s.Folders) == 0 && !s.Rest:
			k.missing(key + ".folders")
		case s.Rest && rest:
			k.bad(key+".rest", "остальное уже готовит другое место", "another station makes the rest")
		case s.Printer == nil && c.Printer == nil:
			k.missing(key + ".printer")
		}
		names[s.Name], rest = true, rest || s.Rest
		if s.Printer == nil {
			continue
		}
		s.Printer.check(k, key+".printer")
		if s.Printer.Drawer {
			k.bad(key+".printer.drawer", "на кухне нет денежного ящика", "there is no cash in the kitchen")
		}
	}
}

// MaxStation is the longest name of a station, in letters.
const MaxStation = 24
