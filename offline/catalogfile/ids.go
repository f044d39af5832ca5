package catalogfile

import "hash/maphash"

// ids remembers which ids were there, a million of them in about 16 MB: only
// their hashes are kept. Two different ids of one hash are as good as
// impossible, and would show as a mistake a person sees.
type ids struct {
	seed   maphash.Seed
	shards [shards]shard
}

const (
	shards   = 256 // a shard grows alone: no moment needs everything twice
	shardMin = 8
)

// shard is an open-addressing table; 0 is a free place.
type shard struct {
	places []uint64
	used   int
}

func newIDs() *ids { return &ids{seed: maphash.MakeSeed()} }

// add tells whether the id is new.
func (s *ids) add(id string) bool {
	h := maphash.String(s.seed, id)
	if h == 0 {
		h = 1
	}
	return s.shards[h%shards].add(h)
}

func (t *shard) add(h uint64) bool {
	if 4*(t.used+1) > 3*len(t.places) {
		old := t.places
		t.places, t.used = make([]uint64, max(shardMin, 2*len(old))), 0
		for _, v := range old {
			if v != 0 {
				t.add(v)
			}
		}
	}
	mask := uint64(len(t.places) - 1)
	for at := h / shards & mask; ; at = (at + 1) & mask {
		switch t.places[at] {
		case h:
			return false
		case 0:
			t.places[at] = h
			t.used++
			return true
		}
	}
}
