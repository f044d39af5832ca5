package bench

import (
	"context"
	"fmt"

	"github.com/kassa-pos/kassa/board/boardtest"
	"github.com/kassa-pos/kassa/peripherals/scale"
	"github.com/kassa-pos/kassa/peripherals/scale/scaletest"
	"github.com/kassa-pos/kassa/pos/qty"
)

// MaxLoad is what the bench's scale can bear; more is an overload.
const MaxLoad qty.Milli = 15 * qty.One

// Scale is the counter's scale.
type Scale struct {
	Plugged bool      `json:"plugged"`
	Port    string    `json:"port"`
	Weight  qty.Milli `json:"weight"` // grams
	Stable  bool      `json:"stable"`
	Trouble string    `json:"trouble,omitempty"`
}

// counter is a scale on a cable, and who loads it.
type counter struct {
	cable cable
	scale *scaletest.Scale
	touch func()
}

func newCounter(link string, touch func()) *counter {
	c := &counter{scale: scaletest.New(), touch: touch}
	c.cable = cable{link: link, device: func(_ context.Context, port *boardtest.PTY) {
		_ = c.scale.Serve(c.cable.pace.through(port)) // ends with the port
	}}
	return c
}

func (c *counter) state() Scale {
	w, stable, trouble, _, _ := c.scale.State()
	return Scale{Plugged: c.cable.plugged(), Port: c.cable.link, Weight: w, Stable: stable, Trouble: string(trouble)}
}

// lay puts so many grams on the scale.
func (c *counter) lay(grams int64, stable bool) error {
	w := qty.Milli(grams)
	if w < -MaxLoad || w > qty.Max {
		return &BadRequest{fmt.Sprintf("%d g on a scale for %d", grams, int64(MaxLoad))}
	}
	c.scale.Lay(w, stable)
	if w > MaxLoad {
		c.scale.Suffer(scale.Overload)
	}
	c.touch()
	return nil
}

var scaleFaults = map[string]scaletest.Fault{"silent": scaletest.Silent, "garbage": scaletest.Garbage, "damage": scaletest.Damaged}

func (c *counter) faults() []Fault {
	_, _, _, now, _ := c.scale.State()
	all := c.cable.paceFaults("scale")
	for _, f := range []Fault{
		{Name: "silent", Text: map[string]string{"ru": "не отвечает", "en": "silent"}, Help: "it answers no question"},
		{Name: "garbage", Text: map[string]string{"ru": "отвечает мусором", "en": "answers garbage"}, Help: "its answers are no frames"},
		{Name: "damage", Text: map[string]string{"ru": "портит ответы", "en": "damages its answers"}, Help: "a bit of every answer is wrong"},
	} {
		f.Device, f.Mend, f.On = "scale", "well", scaleFaults[f.Name] == now
		all = append(all, f)
	}
	return all
}

func (c *counter) fault(name string, args []string) error {
	if its, err := c.cable.paceFault("scale", name, args); its {
		return err
	}
	if len(args) > 0 {
		return wanted(c.faults(), "scale", name, args)
	}
	c.scale.Break(scaleFaults[name]) // "well" is none
	return nil
}

// Lay loads the scale.
func (b *Bench) Lay(grams int64, stable bool) (Scale, error) {
	err := b.counter.lay(grams, stable)
	return b.counter.state(), err
}
