// Package displaytest holds the scenes of a sale that every dialect of a
// customer display is tested with: what is sent for each is kept in a golden
// file beside the dialect's tests.
package displaytest

import (
	"github.com/kassa-pos/kassa/peripherals/display"
	"github.com/kassa-pos/kassa/pos/qty"
)

// Scene is a moment of a sale.
type Scene struct {
	Name  string
	Frame display.Frame
}

// Scenes are the moments of a sale in the order in which a customer sees them.
// The long name is shown at three moments of its movement.
func Scenes(l display.Layout) []Scene {
	long := display.Item{Name: "Сыр «Гродзенскі» выдержанный 45%", Qty: 412, Unit: "кг", Price: 89990, Net: 89990}
	milk := display.Item{Name: "Молоко 3,2%", Qty: 2 * qty.One, Price: 8990, Net: 8990}
	scenes := []Scene{
		{"idle", l.Idle("Лавка ₽ & Сын")},
		{"line", l.Line(milk, 17980)},
	}
	reel := l.Moving(long, 55056)
	for i, name := range []string{"long name", "long name moves", "long name moves on"} {
		if i < len(reel) {
			scenes = append(scenes, Scene{name, reel[i].Frame})
		}
	}
	return append(scenes,
		Scene{"total", l.Total(55056, 0)},
		Scene{"total with a discount", l.Total(50056, 5000)},
		Scene{"code to pay by", l.Scan(12345)},
		Scene{"change", l.Change(50056, 60000, 9944)},
		Scene{"thanks", l.ThankYou()},
		Scene{"the till is silent", l.Silent()},
		Scene{"no power", l.Dark()},
	)
}
