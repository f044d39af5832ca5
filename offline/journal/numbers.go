package journal

import (
	"slices"

	"github.com/google/uuid"
)

// numbers knows what became of each document number. Numbers run from 1
// without gaps, so pages of states hold millions in little memory.
type numbers struct {
	pages  map[int64]*[numberPage]numberState
	low    int64 // lowest and highest seen; 0: none
	high   int64
	minted map[int64]minting // and not used yet
}

type minting struct {
	group uuid.UUID
	seq   uint64
}

type numberState uint8

const (
	isMinted numberState = 1 << iota
	isUsed

	numberPage     = 4096
	maxNumberPages = 4096 // 16 million documents
)

// sane tells whether a number can be a till's: its numbers run from 1 without
// gaps, so that no two of them are far apart.
func (n *numbers) sane(number int64) bool {
	return number > 0 && (n.pages[number/numberPage] != nil || len(n.pages) < maxNumberPages) && len(n.minted) < maxFollowed
}

func (n *numbers) state(number int64) *numberState {
	if n.pages == nil {
		n.pages = map[int64]*[numberPage]numberState{}
		n.minted = map[int64]minting{}
	}
	if n.low == 0 || number < n.low {
		n.low = number
	}
	n.high = max(n.high, number)
	page := n.pages[number/numberPage]
	if page == nil {
		page = new([numberPage]numberState)
		n.pages[number/numberPage] = page
	}
	return &page[number%numberPage]
}

// mint notes that an intent made a number; false when it was there before.
func (n *numbers) mint(number int64, group uuid.UUID, seq uint64) bool {
	s := n.state(number)
	if *s != 0 {
		return false
	}
	*s |= isMinted
	n.minted[number] = minting{group, seq}
	return true
}

// use accounts for a number; false when that was done before.
func (n *numbers) use(number int64) bool {
	s := n.state(number)
	if *s&isUsed != 0 {
		return false
	}
	*s |= isUsed
	delete(n.minted, number)
	return true
}

func (n *numbers) used(number int64) bool {
	page := n.pages[number/numberPage]
	return page != nil && number >= 0 && page[number%numberPage]&isUsed != 0
}

type lostNumber struct {
	number int64
	seq    uint64
}

// unaccounted lists numbers that were minted by an intent that is not live
// any more and never used, and those between the lowest and the highest that
// nobody ever saw; at most limit of each.
func (n *numbers) unaccounted(live func(uuid.UUID) bool, limit int) (lost []lostNumber, missing []int64) {
	for number, m := range n.minted {
		if !live(m.group) && len(lost) < limit {
			lost = append(lost, lostNumber{number, m.seq})
		}
	}
	slices.SortFunc(lost, func(a, b lostNumber) int { return int(a.number - b.number) })
	for number := n.low; number > 0 && number <= n.high && len(missing) < limit; number++ {
		if page := n.pages[number/numberPage]; page == nil || page[number%numberPage] == 0 {
			missing = append(missing, number)
		}
	}
	return lost, missing
}
