package catalogfile

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
)

// maxHeader bounds the header, in bytes.
const maxHeader = 32 << 10

// csvFile is a CSV file being read.
type csvFile struct {
	*reader
	in    *csv.Reader
	above int // lines before those the CSV reader counts
	take  []func(*reader, *catalog.Item, string)
}

func (r *reader) csv(t *text) error {
	c := &csvFile{reader: r}
	for id := range r.folders {
		r.byName[r.names(id)] = id
	}
	r.folders = map[string]catalog.Folder{}
	r.report.Sections = []string{"items", "folders"}
	b := bufio.NewReaderSize(t, maxHeader)
	comma, err := c.separator(b)
	if err != nil {
		return err
	}
	c.in = csv.NewReader(b)
	c.in.Comma, c.in.ReuseRecord, c.in.FieldsPerRecord = comma, true, -1
	if err := c.header(); err != nil {
		return err
	}
	for n := 0; ; n++ {
		t.allow(c.in.InputOffset() + maxHeader)
		if n%page == 0 && r.ctx.Err() != nil {
			return r.ctx.Err()
		}
		if err := c.record(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// separator looks at the first line: what stands there most often, or what a
// spreadsheet's "sep=" says.
func (c *csvFile) separator(b *bufio.Reader) (rune, error) {
	line, err := b.Peek(maxHeader)
	if len(line) == 0 && err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	first, _, _ := strings.Cut(string(line), "\n")
	if rest, ok := strings.CutPrefix(strings.ToLower(first), "sep="); ok && len(strings.TrimRight(rest, "\r")) == 1 && strings.ContainsRune(";,\t|", rune(rest[0])) {
		c.above = 1
		_, err := b.Discard(len(first) + 1)
		return rune(rest[0]), err
	}
	best := ';'
	for _, s := range []rune{',', '\t'} {
		if strings.Count(first, string(s)) > strings.Count(first, string(best)) {
			best = s
		}
	}
	return best, nil
}

// header finds out what the columns are.
func (c *csvFile) header() error {
	c.begin(1 + c.above)
	names, err := c.in.Read()
	if errors.Is(err, io.EOF) {
		names, err = nil, nil
	}
	if err != nil {
		return c.broken(err)
	}
	there := map[string]bool{}
	for i, name := range names {
		col, ok := columnNamed(name)
		switch {
		case !ok:
			c.mistake(fault.FileColumn, name)
			continue
		case col.take == nil: // a price of a named type
			_, typ, _ := strings.Cut(name, ":")
			typ = strings.TrimSpace(typ)
			col.Name = priceColumn + ":" + typ
			col.take = func(r *reader, it *catalog.Item, v string) { r.price(it, typ, v, 2) }
		}
		if there[col.Name] {
			c.mistake(fault.FileTwice, "column", names[i])
		}
		there[col.Name] = true
		c.take = append(c.take, col.take)
	}
	for _, col := range columns {
		if col.Needs && !there[col.Name] {
			c.mistake(fault.FileNeeded, col.Name)
		}
	}
	if !c.bad {
		return nil
	}
	c.report.Bad++
	return fault.New(fault.FileSyntax, "header") // without columns nothing can be read
}

// broken is a quote out of place: the reader goes on behind it, so this is a
// mistake of the record; anything else ends reading.
func (c *csvFile) broken(err error) error {
	var p *csv.ParseError
	switch {
	case errors.As(err, &p):
		c.begin(p.StartLine + c.above)
		c.mistake(fault.FileSyntax, fmt.Sprintf("%d:%d %v", p.Line+c.above, p.Column, p.Err))
		_, err := c.end()
		return err
	case errors.Is(err, errElement) || errors.Is(err, io.ErrUnexpectedEOF):
		return c.syntax(err)
	}
	return err
}

// record reads one item.
func (c *csvFile) record() error {
	fields, err := c.in.Read()
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	if err != nil {
		return c.broken(err)
	}
	line, _ := c.in.FieldPos(0)
	c.begin(line + c.above)
	if len(fields) == 1 && strings.TrimSpace(fields[0]) == "" {
		return nil // a line of spaces
	}
	if len(fields) != len(c.take) {
		c.mistake(fault.FileValue, "columns", fmt.Sprintf("%d, %d", len(fields), len(c.take)))
	}
	var it catalog.Item
	for i, v := range fields[:min(len(fields), len(c.take))] {
		if v = strings.TrimSpace(v); v != "" {
			c.take[i](c.reader, &it, v)
		}
	}
	c.check(&it)
	ok, err := c.end()
	if !ok || err != nil {
		return err
	}
	return c.item(it)
}

// folderSpace makes the ids of folders that only have names.
var folderSpace = uuid.MustParse("6c1b1d5e-2a0c-5c5e-9d4f-0d1f5a2b7c11")

// names is the path of a known folder as a CSV file writes it.
func (r *reader) names(id string) string {
	var list []string
	for range maxDepth {
		f, known := r.folders[id]
		if !known {
			break
		}
		list = append([]string{f.Name}, list...)
		id = f.ParentID
	}
	return strings.Join(list, "/")
}

// folderNamed finds or makes the folder of a path of names.
func (r *reader) folderNamed(path string) string {
	var id, way, ids string
	parts := strings.Split(path, "/")
	if len(parts) > maxDepth {
		r.mistake(fault.FileValue, "folder", path)
		return ""
	}
	for _, name := range parts {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		parent := id
		way = strings.TrimPrefix(way+"/"+name, "/")
		if known, ok := r.byName[way]; ok {
			id = known
		} else {
			id = uuid.NewSHA1(folderSpace, []byte(way)).String()
			r.byName[way] = id
		}
		ids += "/" + id
		if _, there := r.folders[id]; there {
			continue
		}
		f := catalog.Folder{ID: id, Name: name, ParentID: parent, Path: ids + "/"}
		if r.keeps(&f); r.bad {
			return ""
		}
		r.folders[id] = f
		r.report.Folders++
		r.fresh = append(r.fresh, f)
	}
	return id
}
