package console

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"strconv"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/record"
)

// documentsShown is how many documents one page of the list holds.
const documentsShown = 50

// documentsView is the list and the chosen document.
type documentsView struct {
	Rows    []documentRow
	Older   uint64 // the list before this sequence; 0: no older ones
	Chosen  uint64
	Before  uint64 // this page of the list; 0: the newest
	Receipt *doc.Document
	Erased  bool   // who the chosen document is about can not be read any more
	Missing string // what was looked for and not found
}

// documentRow is one document in the list.
type documentRow struct {
	Seq uint64
	doc.Document
	Bad    bool // what is stored does not read
	Erased bool // who it is about can not be read any more
}

// HasSum tells whether a row shows a sum.
func (d documentRow) HasSum() bool {
	return d.Receipt != nil || d.Cash != nil || (d.Shift != nil && (d.Type == doc.ZReport || d.Type == doc.XReport))
}

// Sum is a receipt's total, a cash movement's sum or a report's revenue.
func (d documentRow) Sum() money.Amount {
	switch {
	case d.Receipt != nil:
		return d.Receipt.Total
	case d.Cash != nil:
		return d.Cash.Sum
	case d.HasSum():
		return d.Shift.Revenue
	}
	return 0
}

func (c *Console) documentsPage(w http.ResponseWriter, r *http.Request) {
	before, err := sequence(r.URL.Query().Get("before"))
	if err != nil {
		c.refuse(w, r, http.StatusBadRequest, fault.New(fault.BadRequest, "before"))
		return
	}
	find := r.URL.Query().Get("find")
	if find != "" {
		seq, err := c.findReceipt(r.Context(), find)
		if err != nil {
			c.refuse(w, r, http.StatusInternalServerError, fault.Of(err))
			return
		}
		if seq != 0 {
			http.Redirect(w, r, "/documents/"+strconv.FormatUint(seq, 10), http.StatusSeeOther)
			return
		}
	}
	c.page(w, r, "documents", "docs.title", func(p *pageData) (err error) {
		if p.Docs, err = c.documents(r.Context(), before); err == nil {
			p.Docs.Missing = shortened(find)
		}
		return err
	})
}

func (c *Console) documentPage(w http.ResponseWriter, r *http.Request) {
	seq, err := sequence(r.PathValue("seq"))
	before, err2 := sequence(r.URL.Query().Get("before"))
	if err != nil || err2 != nil || seq == 0 || seq == math.MaxUint64 {
		c.refuse(w, r, http.StatusBadRequest, fault.New(fault.BadRequest, "seq"))
		return
	}
	chosen, err := c.collect(r.Context(), record.Filter{Kinds: []record.Kind{record.Document}, After: seq - 1, Before: seq + 1, Limit: 1})
	if err != nil {
		c.refuse(w, r, http.StatusInternalServerError, fault.Of(err))
		return
	}
	if len(chosen) == 0 {
		c.refuse(w, r, http.StatusNotFound, fault.New(fault.NotFound, strconv.FormatUint(seq, 10)))
		return
	}
	c.page(w, r, "documents", "docs.title", func(p *pageData) (err error) {
		if p.Docs, err = c.documents(r.Context(), before); err != nil {
			return err
		}
		p.Docs.Chosen = seq
		if !chosen[0].Bad {
			p.Docs.Receipt, p.Docs.Erased = &chosen[0].Document, chosen[0].Erased
		}
		return nil
	})
}

func sequence(s string) (uint64, error) {
	if s == "" {
		return 0, nil
	}
	return strconv.ParseUint(s, 10, 64)
}

// documents reads one page of the list, newest first.
func (c *Console) documents(ctx context.Context, before uint64) (*documentsView, error) {
	rows, err := c.collect(ctx, record.Filter{Kinds: []record.Kind{record.Document}, Before: before, Reverse: true, Limit: documentsShown + 1})
	if err != nil {
		return nil, err
	}
	v := &documentsView{Rows: rows, Before: before}
	if len(rows) > documentsShown {
		v.Rows = rows[:documentsShown]
		v.Older = v.Rows[documentsShown-1].Seq
	}
	return v, nil
}

func (c *Console) collect(ctx context.Context, f record.Filter) ([]documentRow, error) {
	if c.o.Documents == nil {
		return nil, nil
	}
	var rows []documentRow
	for rec, err := range c.o.Documents(ctx, f) {
		if err != nil {
			return nil, err
		}
		row := documentRow{Seq: rec.Seq}
		if err := json.Unmarshal(rec.Data, &row.Document); err != nil {
			c.o.Log.Error("console: stored document does not read", "seq", rec.Seq, "code", fault.Internal, "err", err)
			row.Bad = true
			row.Type = doc.Type(rec.Type)
			row.Time = rec.Time
		}
		row.Erased = rec.Erased
		if len(rec.Private) > 0 && json.Unmarshal(rec.Private, &row.People) != nil {
			c.o.Log.Error("console: stored people do not read", "seq", rec.Seq, "code", fault.Internal)
		}
		if rows = append(rows, row); len(rows) >= f.Limit {
			break
		}
	}
	return rows, nil
}
