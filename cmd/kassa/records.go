package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/client"
	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/record"
)

// showing is what "journal show" was asked for.
type showing struct {
	a            *app
	since, until string
	kinds, types []string
	shift        string
	name         string // of one document: its number or id
	shown        int
}

func (a *app) showCmd() *cobra.Command {
	s := &showing{a: a}
	cmd := &cobra.Command{Use: "show [NUMBER|ID]", Short: "List the records, or print one document as a person reads it", Args: usageArgs(cobra.MaximumNArgs(1)),
		Long: `Without an argument all records are listed, oldest first. NUMBER or ID prints
that document as a person reads it. With --json records are one array and a
single document is one object. A customer's contact is masked.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				s.name = args[0]
			}
			return s.run(cmd)
		}}
	cmd.Flags().StringVar(&s.since, "since", "", "from this moment, in the till's zone: 2026-11-22 or 2026-11-22T10:00")
	cmd.Flags().StringVar(&s.until, "until", "", "before this moment")
	cmd.Flags().StringSliceVar(&s.kinds, "kind", nil, "only these kinds of records, with commas: document,intent,outcome,void,delivery,park,cart,audit,setting,token,claim,made,period")
	cmd.Flags().StringSliceVar(&s.types, "type", nil, "only these types, with commas: of documents (SELL), audit records (login), settings, destinations")
	cmd.Flags().StringVar(&s.shift, "shift", "", "only this shift: its number or id")
	return cmd
}

func (s *showing) run(cmd *cobra.Command) error {
	dir, err := s.a.data()
	if err != nil {
		return err
	}
	if s.a.json && s.name == "" {
		if err := s.a.printf("["); err != nil {
			return err
		}
	}
	if err := s.each(cmd, dir); err != nil {
		return err
	}
	switch {
	case s.name != "" && s.shown == 0:
		return fmt.Errorf("no document %s", s.name)
	case s.a.json && s.name == "":
		return s.a.printf("]\n")
	}
	return nil
}

// each reads the records: through the running till, or from the tape of one
// that is not running. The tape alone holds everything.
func (s *showing) each(cmd *cobra.Command, dir string) error {
	c := client.New(dir)
	q := url.Values{"since": {s.since}, "until": {s.until}, "kind": s.kinds, "type": s.types, "shift": {s.shift}, "limit": {"1000"}}
	if s.name != "" {
		q.Set("kind", string(record.Document))
	}
	for {
		answer, err := c.Call(cmd.Context(), "GET", "/api/v1/journal?"+q.Encode(), nil)
		if errors.Is(err, client.ErrNotRunning) && q.Get("after") == "" {
			return s.fromTape(cmd, dir)
		}
		if err != nil {
			return err
		}
		var page struct {
			Records []api.Record `json:"records"`
			Next    string       `json:"next"`
		}
		if err := json.Unmarshal(answer, &page); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
		for _, rec := range page.Records {
			if err := s.show(rec); err != nil {
				return err
			}
		}
		if page.Next == "" || s.name != "" && s.shown > 0 { // there is one of a number
			return nil
		}
		q.Set("after", page.Next)
	}
}

// fromTape chooses as the till itself would.
func (s *showing) fromTape(cmd *cobra.Command, dir string) error {
	f, err := s.filter(s.a.zone())
	if err != nil {
		return err
	}
	shift, _ := uuid.Parse(s.shift)
	number, _ := strconv.ParseInt(s.shift, 10, 64)
	return journal.Read(cmd.Context(), journalIn(dir), func(rec record.Record) error {
		if shift == uuid.Nil && number > 0 && rec.Kind == record.Document && rec.Type == string(doc.OpenSession) {
			var d doc.Document
			if err := json.Unmarshal(rec.Data, &d); err == nil && d.ShiftNumber == number {
				shift = d.ShiftID
			}
		}
		if f(&rec) && (s.shift == "" || (shift != uuid.Nil && rec.Shift == shift)) {
			return s.show(api.Public(rec))
		}
		return nil
	})
}

// filter is all of what was asked for but the shift.
func (s *showing) filter(loc *time.Location) (func(*record.Record) bool, error) {
	var since, until time.Time
	for text, at := range map[string]*time.Time{s.since: &since, s.until: &until} {
		if text == "" {
			continue
		}
		t, err := api.ParseTime(text, loc)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errUsage, err)
		}
		*at = t
	}
	return func(r *record.Record) bool {
		return (since.IsZero() || !r.Time.Before(since)) && (until.IsZero() || r.Time.Before(until)) &&
			holds(s.kinds, string(r.Kind)) && holds(s.types, r.Type)
	}, nil
}

// holds tells whether a list that restricts has a word, in any letter case.
func holds(list []string, word string) bool {
	return len(list) == 0 || slices.ContainsFunc(list, func(w string) bool { return strings.EqualFold(w, word) })
}

func (s *showing) show(rec api.Record) error {
	if s.name != "" && !named(&rec.Record, s.name) {
		return nil
	}
	s.shown++
	if s.a.json {
		return s.showJSON(rec)
	}
	if rec.Kind != record.Document {
		return s.a.printf("%6d %s  %-16s %s%s\n", rec.Seq, rec.Time.Format("2006-01-02 15:04:05"), rec.Kind, rec.Type, more(&rec.Record))
	}
	var d doc.Document
	if err := json.Unmarshal(rec.Data, &d); err != nil {
		return fmt.Errorf("document in record %d: %w", rec.Seq, err)
	}
	if s.name == "" {
		return s.a.printf("%6d %s\n", rec.Seq, documentLine(&d))
	}
	text := documentText(&d)
	switch {
	case rec.Contact != "":
		text += "customer " + rec.Contact + "\n"
	case rec.Erased:
		text += "customer: erased\n"
	}
	return s.a.printf("%s", text)
}

// more is what a list tells of a record beside its kind and type.
func more(rec *record.Record) string {
	var d struct {
		State   string `json:"state"`   // of a delivery
		Number  int    `json:"number"`  // of a period
		Carried int    `json:"carried"` // into it
	}
	if json.Unmarshal(rec.Data, &d) != nil {
		return ""
	}
	switch rec.Kind {
	case record.Delivery:
		return " " + d.State
	case record.Period:
		return fmt.Sprintf("%d begins with %d copies of earlier records", d.Number, d.Carried)
	case record.Void:
		return fmt.Sprintf(" numbers %v", rec.Numbers)
	}
	return ""
}

func (s *showing) showJSON(rec api.Record) error {
	b, err := json.Marshal(rec)
	if err != nil {
		return err
	}
	if s.name != "" {
		return s.a.print(b, nil)
	}
	var pretty bytes.Buffer
	if s.shown > 1 {
		pretty.WriteByte(',')
	}
	pretty.WriteString("\n  ")
	if err := json.Indent(&pretty, b, "  ", "  "); err != nil {
		return err
	}
	_, err = pretty.WriteTo(s.a.out)
	return err
}

// named tells whether a record is the document with this number or id.
func named(rec *record.Record, name string) bool {
	if rec.Kind != record.Document {
		return false
	}
	if n, err := strconv.ParseInt(name, 10, 64); err == nil {
		return len(rec.Numbers) == 1 && rec.Numbers[0] == n
	}
	id, err := uuid.Parse(name)
	return err == nil && rec.ID == id
}
