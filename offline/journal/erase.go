package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/vault"
	"github.com/kassa-pos/kassa/pos/record"
)

// Limits of erasing.
const (
	MaxContact = 256  // bytes of a contact, after its spaces are gone
	maxErase   = 4096 // keys of one audit record; more make several
)

// The audit records of an erasing: the first names the keys before they are
// gone, so that an erasing that was cut off is finished at the next start; the
// second ends it. Neither has anything personal.
const (
	auditErase  = "erase"
	auditErased = "erased"

	eraseSchema = 1
)

type eraseData struct {
	By      string   `json:"by,omitempty"`
	Records []uint64 `json:"records,omitempty"` // sequences whose private part is erased
	Slots   []uint64 `json:"slots,omitempty"`
	Count   int      `json:"count,omitempty"`
}

// Erasure is what was erased.
type Erasure struct {
	Records   int         `json:"records"`   // private parts, of documents and of what led to them
	Documents []uuid.UUID `json:"documents"` // whose people nobody can read any more
}

// EraseDocument erases the people of a document, and of the cheque and the
// intents that led to it. by goes into the audit record. ErrNotFound: there is
// no such document.
func (j *Journal) EraseDocument(ctx context.Context, id uuid.UUID, by string) (Erasure, error) {
	r, err := j.Document(ctx, id)
	if err != nil {
		return Erasure{}, err
	}
	marks := [][]byte{[]byte(id.String())}
	var d struct {
		Receipt struct {
			Cheque uuid.UUID `json:"cheque_id"`
		} `json:"receipt"`
	}
	if err := json.Unmarshal(r.Data, &d); err == nil && d.Receipt.Cheque != uuid.Nil {
		marks = append(marks, []byte(d.Receipt.Cheque.String()))
	}
	return j.erase(ctx, by, func(r *record.Record) bool {
		ids := append([]uuid.UUID{r.ID, r.Group}, r.Ends...)
		return slices.ContainsFunc(marks, func(m []byte) bool {
			return bytes.Contains(r.Data, m) || slices.ContainsFunc(ids, func(id uuid.UUID) bool { return id.String() == string(m) })
		})
	})
}

// EraseContact erases every private part that has this phone number or e-mail
// address in it, however it is written.
func (j *Journal) EraseContact(ctx context.Context, contact, by string) (Erasure, error) {
	want := plainContact(contact)
	if want == "" || len(want) > MaxContact {
		return Erasure{}, fmt.Errorf("%w: a contact of %d bytes", record.ErrInvalid, len(want))
	}
	return j.erase(ctx, by, func(r *record.Record) bool { return mentions(r.Private, want) })
}

// plainContact makes spellings of one contact alike: a number is digits with
// the country's code, anything else is in small letters.
func plainContact(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsSpace(r) && !strings.ContainsRune("+-()./0123456789", r) }) {
		return s
	}
	switch { // as it is dialled within Russia
	case strings.HasPrefix(s, "+"):
	case len(digits) == 11 && digits[0] == '8':
		return "7" + digits[1:]
	case len(digits) == 10:
		return "7" + digits
	}
	return digits
}

// mentions looks for a contact among all texts of a private part.
func mentions(private []byte, want string) bool {
	d := json.NewDecoder(bytes.NewReader(private))
	for {
		t, err := d.Token()
		if err != nil {
			return false
		}
		if s, ok := t.(string); ok && plainContact(s) == want {
			return true
		}
	}
}

// erase erases the keys of what is chosen among the records whose private part
// is still there. What is appended meanwhile is not looked at.
func (j *Journal) erase(ctx context.Context, by string, chosen func(*record.Record) bool) (all Erasure, err error) {
	all.Documents = []uuid.UUID{}
	if err := j.Flush(ctx); err != nil {
		return all, err
	}
	part := eraseData{By: by}
	for r, err := range j.Scan(ctx, record.Filter{Private: true}) {
		if err != nil {
			return all, err
		}
		if r.Erased || !chosen(&r) {
			continue
		}
		part.Records = append(part.Records, r.Seq)
		if r.Kind == record.Document {
			all.Documents = append(all.Documents, r.ID)
		}
		if len(part.Records) == maxErase {
			if err := j.erasePart(ctx, part); err != nil {
				return all, err
			}
			all.Records += len(part.Records)
			part.Records = nil
		}
	}
	if len(part.Records) > 0 {
		err = j.erasePart(ctx, part)
		all.Records += len(part.Records)
	}
	return all, err
}

func (j *Journal) erasePart(ctx context.Context, d eraseData) error {
	for _, seq := range d.Records {
		slot, err := j.slotOf(ctx, seq)
		if err != nil {
			return err
		}
		d.Slots = append(d.Slots, slot)
	}
	op, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("new id: %w", err)
	}
	e, err := eraseEntry(auditErase, op, d)
	if err != nil {
		return err
	}
	e.Group = op
	if _, err := j.Append(ctx, e); err != nil {
		return err
	}
	return j.eraseNow(ctx, op, d)
}

// eraseNow erases what an audit record names. Doing it twice is nothing.
func (j *Journal) eraseNow(ctx context.Context, op uuid.UUID, d eraseData) error {
	// A slot that neither copy has needs no erasing.
	there := slices.DeleteFunc(slices.Clone(d.Slots), func(slot uint64) bool {
		_, err := j.vault.Read(slot)
		return errors.Is(err, vault.ErrLost)
	})
	if err := j.vault.Erase(there...); err != nil {
		return fmt.Errorf("journal: erase: %w", err)
	}
	e, err := eraseEntry(auditErased, op, eraseData{By: d.By, Count: len(d.Slots)})
	if err != nil {
		return err
	}
	e.Ends = []uuid.UUID{op}
	_, err = j.Append(ctx, e)
	return err
}

func eraseEntry(code string, op uuid.UUID, d eraseData) (record.Entry, error) {
	data, err := json.Marshal(d)
	if err != nil {
		return record.Entry{}, fmt.Errorf("journal: erase: %w", err)
	}
	return record.Entry{Kind: record.Audit, ID: op, Type: code, Schema: eraseSchema, Data: data}, nil
}

// slotOf reads where a record's key is.
func (j *Journal) slotOf(ctx context.Context, seq uint64) (uint64, error) {
	if err := j.waitFor(ctx, seq); err != nil {
		return 0, err
	}
	var s stored
	err := j.with(ctx, seq, func(part *Journal, v view, at uint64) error {
		b, err := part.line(v, at)
		if err == nil {
			s, err = decode(b)
		}
		return err
	})
	if err == nil && s.Sealed == nil {
		err = fmt.Errorf("record %d: %w", seq, ErrNotFound)
	}
	if err != nil {
		return 0, err
	}
	return s.Sealed.Slot, nil
}

// finishErasing does at Open what a cut has left undone.
func (j *Journal) finishErasing(ctx context.Context) error {
	live, err := j.Live(ctx)
	if err != nil {
		return err
	}
	for _, r := range live {
		if r.Kind != record.Audit || r.Type != auditErase {
			continue
		}
		var d eraseData
		if err := json.Unmarshal(r.Data, &d); err != nil {
			return fmt.Errorf("journal: record %d: %w", r.Seq, err)
		}
		// A full disk must not keep the till from starting: it stays for the
		// next time.
		if err := j.eraseNow(ctx, r.Group, d); err != nil {
			j.o.Log.Error("an erasing that was cut off could not be finished", "seq", r.Seq, "err", err)
		}
	}
	return nil
}
