package feed

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/evotor"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/record"
)

// begin reads what a request asks for. A cursor says it all.
func (f *Feed) begin(r *http.Request) (c cursor, p *problem) {
	q := r.URL.Query()
	refuse := func(subject string) (cursor, *problem) {
		b := bad(subject)
		return cursor{}, &b
	}
	if s := q.Get("cursor"); s != "" {
		c, err := parseCursor(s)
		if err != nil || c.before > f.o.Head()+1 {
			return refuse("cursor")
		}
		return c, nil
	}
	c = cursor{before: f.o.Head() + 1, until: f.o.Now().UnixMilli()}
	for name, at := range map[string]*int64{"since": &c.since, "until": &c.until} {
		s := q.Get(name)
		if s == "" {
			continue
		}
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < 0 || n > latest {
			return refuse(name)
		}
		*at = n
	}
	for _, name := range []string{"type", "types"} {
		for _, list := range q[name] {
			for s := range strings.SplitSeq(list, ",") {
				b, ok := typeBit(strings.TrimSpace(s))
				if !ok {
					return refuse(name)
				}
				c.types |= b
			}
		}
	}
	return c, nil
}

// latest is the last millisecond of the year 9999.
const latest = 253_402_300_799_999

// typeBit reads a type's name; FPRINT is what X_REPORT was called once.
func typeBit(s string) (uint64, bool) {
	if strings.EqualFold(s, "FPRINT") {
		return bit(doc.XReport)
	}
	t, err := doc.ParseType(s)
	if err != nil {
		return 0, false
	}
	return bit(t)
}

// list answers one page. Once it has begun an error can only be told by
// breaking off: half a page is no JSON, and nobody takes it for a whole one.
func (f *Feed) list(w http.ResponseWriter, r *http.Request) {
	c, refused := f.begin(r)
	if refused != nil {
		f.fail(w, r, *refused)
		return
	}
	next, stop := iter.Pull2(f.o.Records(r.Context(), c.filter()))
	defer stop()
	p := page{f: f, c: c, id: f.o.Identity(), next: next}
	p.out.WriteString(`{"items":[`)
	for begun := false; !p.over; begun = true {
		if err := p.step(r.Context()); err != nil {
			f.o.Log.Error("documents could not be served", "err", err)
			if begun {
				panic(http.ErrAbortHandler)
			}
			f.fail(w, r, problem{http.StatusInternalServerError, "internal", "the documents can not be read", nil})
			return
		}
		if !begun {
			head(w)
		}
		if !f.send(w, r, p.out.Bytes()) {
			return
		}
		p.out.Reset()
	}
}

// send writes to a client that has to take it in time.
func (f *Feed) send(w http.ResponseWriter, r *http.Request, b []byte) bool {
	rc := http.NewResponseController(w)
	err := rc.SetWriteDeadline(time.Now().Add(f.patience))
	if err == nil {
		_, err = w.Write(b)
	}
	if err == nil {
		err = rc.Flush()
	}
	if err != nil {
		f.o.Log.Debug("client went away", "path", r.URL.Path, "err", err)
	}
	return err == nil
}

// page is a page on its way.
type page struct {
	f    *Feed
	c    cursor // of what comes behind what is out
	id   evotor.Identity
	next func() (record.Record, error, bool)

	out  bytes.Buffer
	rows int
	size int
	over bool
}

// step makes some rows when it is this reader's turn.
func (p *page) step(ctx context.Context) error {
	select {
	case p.f.turn <- struct{}{}:
		defer func() { <-p.f.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	rows, began := stepRows, time.Now()
	if p.f.selling() {
		rows = sellingRows
		defer func() { p.f.rest(ctx, time.Since(began)) }()
	}
	for n := 0; n < rows && p.out.Len() < stepBytes; n++ {
		rec, err, ok := p.next()
		switch {
		case err != nil:
			return err
		case !ok:
			p.end("")
			return nil
		case p.rows == evotor.MaxPage || p.size > pageBytes:
			p.end(p.c.String())
			return nil
		}
		if err := p.add(rec); err != nil {
			return err
		}
	}
	return nil
}

func (f *Feed) selling() bool { return f.o.Selling != nil && f.o.Selling() }

// rest gives way to who sells, after a turn that took so long.
func (f *Feed) rest(ctx context.Context, took time.Duration) {
	t := time.NewTimer(min(restShare*took, restMost))
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

func (p *page) add(rec record.Record) error {
	b, err := p.row(rec)
	if err != nil {
		return err
	}
	if p.rows > 0 {
		p.out.WriteByte(',')
	}
	p.out.Write(b)
	p.rows, p.size, p.c.after = p.rows+1, p.size+len(b), rec.Seq
	return nil
}

func (p *page) row(rec record.Record) ([]byte, error) {
	d, err := p.id.Encode(rec)
	if err != nil {
		return nil, err
	}
	return json.Marshal(d)
}

func (p *page) end(next string) {
	p.over = true
	p.out.WriteString(`],"paging":{`)
	if next != "" {
		fmt.Fprintf(&p.out, `"next_cursor":%q`, next)
	}
	p.out.WriteString("}}\n")
}

// one answers a single document.
func (f *Feed) one(w http.ResponseWriter, r *http.Request) {
	id, err := uuid.Parse(r.PathValue("document"))
	if err != nil {
		f.fail(w, r, notFound("document"))
		return
	}
	rec, found, err := f.o.Document(r.Context(), id)
	if err == nil && found {
		_, found = bit(doc.Type(rec.Type))
	}
	if err == nil && !found {
		f.fail(w, r, notFound("document"))
		return
	}
	var d evotor.Document
	if err == nil {
		d, err = f.o.Identity().Encode(rec)
	}
	if err != nil {
		f.o.Log.Error("a document could not be served", "doc", id, "err", err)
		f.fail(w, r, problem{http.StatusInternalServerError, "internal", "the document can not be read", nil})
		return
	}
	f.answer(w, r, http.StatusOK, d)
}
