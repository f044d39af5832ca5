package journal

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/pos/record"
)

// add applies one line to the batch being made. What belongs to one record
// may be spread over several commits: meta moves with the last of them, and a
// record applied twice is as good as once. l.Data is copied.
func (s *store) add(l tape.Line, r *stored) error {
	if l.Seq != s.meta.Seq+1 {
		panic(fmt.Sprintf("journal: applying %d behind %d", l.Seq, s.meta.Seq))
	}
	if err := s.addLine(l); err != nil {
		return err
	}
	add := s.addOwn
	if r.Carried > 0 {
		add = s.addCopy
	}
	if err := add(r); err != nil {
		return err
	}
	if k := string(r.Kind); r.Schema > s.meta.Forms[k] {
		if s.meta.Forms == nil {
			s.meta.Forms = map[string]int{}
		}
		s.meta.Forms[k] = r.Schema
	}
	s.meta.Seq, s.meta.Hash = l.Seq, hex.EncodeToString(l.Hash[:])
	return nil
}

// addOwn applies what a record says that is no copy.
func (s *store) addOwn(r *stored) error {
	if r.Kind == record.Period {
		if err := s.beginPeriod(&r.Record); err != nil {
			return err
		}
	}
	if err := s.addIndexes(r); err != nil {
		return err
	}
	if err := s.addLive(&r.Record); err != nil {
		return err
	}
	next := s.block.with(r.Seq, r.Time)
	if next.number != s.block.number && s.block.used {
		if err := s.put(seqKey(keyBlock, s.block.number), s.block.bytes()); err != nil {
			return err
		}
	}
	s.block = next
	for _, n := range r.Numbers {
		s.meta.LastNumber = max(s.meta.LastNumber, n)
	}
	if r.Sealed != nil {
		s.meta.Slot = max(s.meta.Slot, r.Sealed.Slot)
	}
	if s.meta.Begun.IsZero() {
		s.meta.Begun = r.Time
	}
	s.meta.Latest = r.Time
	if r.Kind == record.Document && r.Time.After(s.meta.Document) {
		s.meta.Document = r.Time
	}
	return nil
}

// addCopy applies a copy of an earlier period's record. It is found under the
// original's sequence, by the id of a document and the name of a setting; all
// other indexes and the times are the originals'.
func (s *store) addCopy(r *stored) error {
	seq := binary.BigEndian.AppendUint64(nil, r.Seq)
	if err := s.put(seqKey(keyCarried, r.Carried), seq); err != nil {
		return err
	}
	if key := latestKey(&r.Record); key != nil {
		if err := s.put(key, seq); err != nil {
			return err
		}
	}
	if r.Seq > s.meta.Living || r.Group == uuid.Nil {
		return nil
	}
	s.live[r.Group] = append(s.live[r.Group], r.Seq)
	return s.put(seqKey(keyLive, r.Seq), r.Group[:])
}

// beginPeriod takes over what the record says that a period begins with.
func (s *store) beginPeriod(r *record.Record) error {
	p, err := readPeriod(r)
	if err != nil {
		return err
	}
	s.meta.Period, s.meta.LastNumber, s.meta.Slot = p.Number, p.LastNumber, p.LastSlot
	s.meta.Living, s.meta.Opening = r.Seq+uint64(p.Live), r.Seq+uint64(p.Carried)
	return nil
}

func (s *store) addLine(l tape.Line) error {
	head := binary.BigEndian.AppendUint32([]byte{wholeLine}, crc32.Checksum(l.Data, castagnoli))
	if len(l.Data) <= maxPart {
		return s.put(seqKey(keyRecord, l.Seq), append(head, l.Data...))
	}
	n := uint32(0)
	for part := range slices.Chunk(l.Data, maxPart) {
		if err := s.put(partKey(l.Seq, n), slices.Clone(part)); err != nil {
			return err
		}
		n++
	}
	head[0] = partedLine
	return s.put(seqKey(keyRecord, l.Seq), binary.BigEndian.AppendUint32(head, n))
}

func (s *store) addIndexes(r *stored) error {
	for _, prefix := range prefixes(r) {
		if err := s.put(withSeq(prefix, r.Seq), nil); err != nil {
			return err
		}
	}
	if key := latestKey(&r.Record); key != nil {
		return s.put(key, binary.BigEndian.AppendUint64(nil, r.Seq))
	}
	return nil
}

// addLive ends groups first: an entry can not end itself.
func (s *store) addLive(r *record.Record) error {
	for _, group := range r.Ends {
		for _, seq := range s.live[group] {
			if err := s.drop(seqKey(keyLive, seq)); err != nil {
				return err
			}
		}
		delete(s.live, group)
	}
	if r.Group == uuid.Nil {
		return nil
	}
	s.live[r.Group] = append(s.live[r.Group], r.Seq)
	return s.put(seqKey(keyLive, r.Seq), r.Group[:])
}

func (s *store) put(key, value []byte) error {
	return s.write(len(key)+len(value), func() error { return s.txn.Set(key, value) })
}

func (s *store) drop(key []byte) error {
	return s.write(len(key), func() error { return s.txn.Delete(key) })
}

// write puts one change into the batch, and the batch to the disk when it is
// as large as Badger takes.
func (s *store) write(size int, change func() error) error {
	if s.txn != nil && (s.bytes+size+entryCost > txnBytes || s.count >= txnCount) {
		if err := s.commit(); err != nil {
			return err
		}
	}
	if s.txn == nil {
		s.txn = s.db.NewTransaction(true)
	}
	s.bytes += size + entryCost
	s.count++
	return change()
}

// commit makes the batch durable; nil when there is nothing.
func (s *store) commit() error {
	if s.txn == nil {
		return nil
	}
	txn := s.txn
	s.txn, s.bytes, s.count = nil, 0, 0
	defer txn.Discard()
	m, err := json.Marshal(s.meta)
	if err != nil {
		return fmt.Errorf("journal: meta: %w", err)
	}
	if s.block.used {
		if err := txn.Set(seqKey(keyBlock, s.block.number), s.block.bytes()); err != nil {
			return err
		}
	}
	if err := txn.Set(keyMeta, m); err != nil {
		return err
	}
	return txn.Commit()
}

// large tells whether the batch should go to the disk before the next record.
func (s *store) large() bool { return s.bytes > txnBytes/2 || s.count > txnCount/2 }

// follow applies the lines a reader gives until there are none, or until one
// begins another period than the one it is in: *periodEnds.
func (s *store) follow(next func() (tape.Line, error), committed func(seq uint64) error) error {
	return safely(func() error {
		for {
			if s.large() {
				if err := s.settle(committed); err != nil {
					return err
				}
			}
			l, err := next()
			if errors.Is(err, errEnd) {
				return s.settle(committed)
			}
			if err != nil {
				return err
			}
			r, err := decode(l.Data)
			if err == nil {
				err = newerRecord(&r.Record)
			}
			if err != nil {
				return err
			}
			if r.Kind == record.Period && s.meta.Seq > s.meta.Base {
				if err := s.settle(committed); err != nil {
					return err
				}
				return &periodEnds{l.Seq, r.Time}
			}
			if err := s.add(l, &r); err != nil {
				return err
			}
		}
	})
}

// settle commits the batch and says so.
func (s *store) settle(committed func(seq uint64) error) error {
	if err := s.commit(); err != nil {
		return err
	}
	return committed(s.meta.Seq)
}

// periodEnds: the next line begins a period, and Badger has what is before.
type periodEnds struct {
	next uint64
	at   time.Time // by the till's clock
}

func (*periodEnds) Error() string { return "journal: a period ends" }

// errEnd: no more lines for now.
var errEnd = errors.New("journal: end")
