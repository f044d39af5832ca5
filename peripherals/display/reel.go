package display

import (
	"slices"
	"time"

	"github.com/kassa-pos/kassa/pos/money"
)

// Shot is a frame and how long it is shown.
type Shot struct {
	Frame Frame
	For   time.Duration // 0: until something else is to be shown
}

// Reel is what is shown one after another; the last shot stays.
type Reel []Shot

// Still is one frame that stays.
func Still(f Frame) Reel { return Reel{{Frame: f}} }

// At is what is to be seen so long after the beginning, and for how much
// longer; 0: it stays.
func (r Reel) At(since time.Duration) (f Frame, left time.Duration) {
	for i, s := range r {
		if s.For <= 0 || i == len(r)-1 {
			return s.Frame, 0
		}
		if since < s.For {
			return s.Frame, s.For - since
		}
		since -= s.For
	}
	return Frame{}, 0
}

// Equal tells whether two reels show the same for the same times.
func (r Reel) Equal(o Reel) bool {
	return slices.EqualFunc(r, o, func(a, b Shot) bool { return a.For == b.For && a.Frame.Equal(b.Frame) })
}

// Times of a name that is longer than its room. It is shown from its first
// letter, moves until its end is seen, and comes to rest at its first letter
// after nameRounds of it: what moves for ever is not looked at. What stands
// beside and below it never moves.
const (
	nameRests  = 2 * time.Second        // at its beginning and at its end
	letterMove = 250 * time.Millisecond // by a letter
	rowMove    = 1500 * time.Millisecond
	nameRounds = 2
	maxMoves   = 80 // of one round; the rest of a longer name is not shown
)

// Moving is Line with a name that does not fit moving through its room.
func (l Layout) Moving(it Item, total money.Amount) Reel {
	first, more := l.line(it, total, 0)
	if more == 0 {
		return Still(first)
	}
	every := letterMove
	if l.Rows > 2 {
		every = rowMove
	}
	more = min(more, maxMoves)
	round := Reel{{first, nameRests}}
	for moved := 1; moved <= more; moved++ {
		f, _ := l.line(it, total, moved)
		round = append(round, Shot{f, every})
	}
	round[more].For = nameRests
	return append(slices.Repeat(round, nameRounds), Shot{Frame: first})
}

// Times of the end of a sale.
const (
	changeStays = 20 * time.Second // for the customer to count by
	thanksStay  = 10 * time.Second
	changeAtEnd = 3 * time.Second // when the supply has failed
)

// Paid is the end of a sale: the sum and the change, thanks, and what comes
// then.
func (l Layout) Paid(total, tendered, change money.Amount, then Reel) Reel {
	return append(Reel{{l.Change(total, tendered, change), changeStays}, {l.ThankYou(), thanksStay}}, then...)
}

// PaidInTheDark is Paid for a till whose supply has failed: the customer has a
// moment for the change, then the goodbye stands there.
func (l Layout) PaidInTheDark(total, tendered, change money.Amount) Reel {
	return Reel{{l.Change(total, tendered, change), changeAtEnd}, {Frame: l.Dark()}}
}
