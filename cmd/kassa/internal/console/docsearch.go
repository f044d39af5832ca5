package console

import (
	"context"
	"encoding/json"
	"time"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/docfind"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/record"
)

// searchTime is how long one answer looks for documents; it then says how far
// back it came, and goes on from there when asked.
const searchTime = 1500 * time.Millisecond

// search reads one page of what is found, newest first, from before a record
// on; 0: from the newest.
func (c *Console) search(ctx context.Context, s *screen, text string, before uint64) (*documentsView, error) {
	q := docfind.Parse(text, s.Now)
	v := &documentsView{Path: "/documents", Find: text, Before: before}
	if c.o.Documents == nil {
		return v, nil
	}
	f := record.Filter{Kinds: []record.Kind{record.Document}, Before: before, Since: q.Since, Until: q.Until, Reverse: true}
	stop := time.Now().Add(searchTime)
	for rec, err := range c.o.Documents(ctx, f) {
		if err != nil {
			return nil, err
		}
		if len(v.Rows) == documentsShown || time.Now().After(stop) {
			v.Older, v.Reached = rec.Seq+1, rec.Time
			break
		}
		row := c.row(&rec)
		if !row.Bad && q.Match(&row.Document, s.DocName(row.Type)) {
			v.Rows = append(v.Rows, row)
		}
	}
	return v, nil
}

// row reads a record of the list.
func (c *Console) row(rec *record.Record) documentRow {
	row := documentRow{Seq: rec.Seq}
	if err := json.Unmarshal(rec.Data, &row.Document); err != nil {
		c.o.Log.Error("console: stored document does not read", "seq", rec.Seq, "err", err)
		row.Bad = true
		row.Type = doc.Type(rec.Type)
		row.Time = rec.Time
	}
	row.Erased = rec.Erased
	if len(rec.Private) > 0 && json.Unmarshal(rec.Private, &row.People) != nil {
		c.o.Log.Error("console: stored people do not read", "seq", rec.Seq)
	}
	return row
}
