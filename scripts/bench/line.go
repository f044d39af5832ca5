package main

import (
	"fmt"
	"io"
	"strconv"
)

// budget is what a figure may be at most; the zero value is no budget.
type budget struct {
	limit   float64
	isRatio bool // the limit holds for the ratio, not for the value
}

func atMost(limit float64) budget      { return budget{limit: limit} }
func ratioAtMost(limit float64) budget { return budget{limit: limit, isRatio: true} }

// figure is one measured line. A ratio of 0 is none.
type figure struct {
	name   string
	value  float64
	unit   string
	ratio  float64
	budget budget
	note   string
}

func (f figure) over() bool {
	switch {
	case f.budget.limit == 0:
		return false
	case f.budget.isRatio:
		return f.ratio > f.budget.limit
	}
	return f.value > f.budget.limit
}

// columns are: name value unit ratio budget verdict # note.
const columns = "%-42s %10s %-5s %7s %8s %-4s  # %s\n"

type printer struct {
	out  io.Writer
	err  error // the first failure to write
	over int
}

func (p *printer) head() {
	p.write(fmt.Sprintf(columns, "# name", "value", "unit", "ratio", "budget", "", "samples"))
}

// skip says why figures are missing.
func (p *printer) skip(why string) { p.write("# " + why + "\n") }

func (p *printer) print(f figure) {
	ratio, limit, verdict := "-", "-", "ok"
	if f.ratio != 0 {
		ratio = number(f.ratio) + "x"
	}
	if f.budget.limit != 0 {
		limit = number(f.budget.limit)
		if f.budget.isRatio {
			limit += "x"
		}
	}
	if f.over() {
		verdict = "over"
		p.over++
	}
	p.write(fmt.Sprintf(columns, f.name, number(f.value), f.unit, ratio, limit, verdict, f.note))
}

func (p *printer) write(line string) {
	if _, err := io.WriteString(p.out, line); err != nil && p.err == nil {
		p.err = err
	}
}

// number shows three digits that count.
func number(v float64) string {
	switch {
	case v >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}
