package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/pos/record"
)

// periodSchema is the version of Period's form.
const periodSchema = 1

// Period is what the record says that begins a period. Copies of what is still
// needed follow it in the same batch: first those that are live.
type Period struct {
	Number     int       `json:"number"`              // of the period that begins, 2 and up: the first just began
	By         string    `json:"by,omitempty"`        // who wanted it
	First      uint64    `json:"first"`               // sequence of this record
	Before     string    `json:"before"`              // hash of the chain before it, hex
	LastNumber int64     `json:"last_number"`         // highest document number so far
	LastSlot   uint64    `json:"last_slot,omitempty"` // highest slot of a key of a private part
	Begun      time.Time `json:"begun"`               // the period that ends here
	Live       int       `json:"live"`                // copies of live records
	Carried    int       `json:"carried"`             // copies in all
}

func (p Period) entry() (record.Entry, error) {
	data, err := json.Marshal(p)
	if err != nil {
		return record.Entry{}, fmt.Errorf("journal: period: %w", err)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return record.Entry{}, fmt.Errorf("journal: period: %w", err)
	}
	return record.Entry{Kind: record.Period, ID: id, Schema: periodSchema, Data: data}, nil
}

func readPeriod(r *record.Record) (p Period, err error) {
	if err := json.Unmarshal(r.Data, &p); err != nil {
		return p, fmt.Errorf("journal: period record %d: %w", r.Seq, err)
	}
	if p.First != r.Seq || p.Number < 2 || p.Live < 0 || p.Carried < p.Live {
		return p, fmt.Errorf("journal: period record %d contradicts itself: %+v", r.Seq, p)
	}
	return p, nil
}

// isPeriod reads a stored line that may begin a period behind the hash before.
func isPeriod(l tape.Line, before tape.Hash) bool {
	r, err := decode(l.Data)
	if err != nil || r.Kind != record.Period {
		return false
	}
	p, err := readPeriod(&r.Record)
	return err == nil && p.Before == hexHash(before)
}

const (
	carriedLabel = `,"carried":`
	prevLabel    = `,"prev":"`
)

// carry makes of a stored line the members of its copy: the stored bytes but
// for the place in the chain, and where the original is. What is a copy
// already names its original.
func carry(line []byte, r *record.Record) []byte {
	b := membersOf(line)
	if r.Carried > 0 {
		return b
	}
	return strconv.AppendUint(append(b, carriedLabel...), r.Seq, 10)
}

// uncarried gives the members of a copy's original.
func uncarried(line []byte) []byte {
	b := membersOf(line)
	if i := bytes.LastIndex(b, []byte(carriedLabel)); i >= 0 {
		return b[:i]
	}
	return b
}

// membersOf gives the members of a stored line without its place in the chain.
func membersOf(line []byte) []byte {
	_, b, _ := bytes.Cut(line, []byte(","))
	return bytes.Clone(b[:bytes.LastIndex(b, []byte(prevLabel))])
}

// original presents a copy as what it is a copy of.
func original(r record.Record) record.Record {
	if r.Carried > 0 {
		r.Seq, r.Carried = r.Carried, 0
	}
	return r
}
