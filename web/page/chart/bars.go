package chart

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	plain "collector/control/words"
	"collector/web/page/words"
)

// named is how many series a chart shows; the smaller ones together are "other".
const named = 4

// Bars are the likes of each month, week or day, stacked by service.
type Bars struct {
	Unit Unit
	// First is when the first column begins; the others follow without a gap.
	First time.Time
	// Series are in the order of the services. All have as many values as there are
	// columns; a missing one counts as none.
	Series []Series
	// Remark is a sentence that follows the finding; "" none.
	Remark string
	// Strip is the low form, for above a list.
	Strip bool
}

// Series is one service's likes.
type Series struct {
	Name  string
	Class string // c1 … c6
	N     []int  // by column
}

// columns is how many there are.
func (b Bars) columns() int {
	n := 0
	for _, s := range b.Series {
		n = max(n, len(s.N))
	}
	return n
}

// begins is when a column begins.
func (b Bars) begins(i int) time.Time { return b.Unit.Add(b.Unit.Begin(b.First), i) }

// name is what a column is called.
func (b Bars) name(i int) string {
	if b.Unit == Month {
		return b.begins(i).Format("Jan 2006")
	}
	return b.begins(i).Format("2 Jan 2006")
}

// long is a name for reading aloud.
func (b Bars) long(i int) string {
	if b.Unit == Month {
		return b.begins(i).Format("January 2006")
	}
	return b.begins(i).Format("2 January 2006")
}

func (s Series) at(i int) int {
	if i < len(s.N) {
		return max(s.N[i], 0)
	}
	return 0
}

func (s Series) total() int {
	n := 0
	for i := range s.N {
		n += s.at(i)
	}
	return n
}

// shown are the series that are drawn: the largest, and the rest as one. Two of the same
// colour could not be told apart: the smaller one takes the next that is free.
func (b Bars) shown() []Series {
	out := slices.Clone(b.Series)
	slices.SortStableFunc(out, func(x, y Series) int { return y.total() - x.total() })
	if len(out) > named+1 {
		other := Series{Name: "other", Class: "c1", N: make([]int, b.columns())}
		for _, s := range out[named:] {
			for i := range other.N {
				other.N[i] += s.at(i)
			}
		}
		out = append(out[:named], other)
	}
	for i := range out {
		for c := 1; slices.ContainsFunc(out[:i], func(s Series) bool { return s.Class == out[i].Class }); c++ {
			out[i].Class = fmt.Sprint("c", c)
		}
	}
	return out
}

// Total is how many likes all columns show.
func (b Bars) Total() int {
	n := 0
	for _, s := range b.Series {
		n += s.total()
	}
	return n
}

// caption states how many there were, when the most, and how many of late.
func (b Bars) caption() Caption {
	best, most, last := 0, 0, 0
	for i := range b.columns() {
		n := 0
		for _, s := range b.Series {
			n += s.at(i)
		}
		if n > most {
			best, most = i, n
		}
		last = n
	}
	said := units[b.Unit]
	span := words.Few(b.columns()) + " " + said.more
	switch n := b.columns(); {
	case n == 1:
		span = said.one
	case b.Unit == Month && n == 12:
		span = "one year"
	case b.Unit == Month && n%12 == 0:
		span = words.Few(n/12) + " years"
	}
	c := Caption{Finding: plain.Many(b.Total(), "like", "likes") + " in " + span + "."}
	if most > 0 {
		c.Remark = fmt.Sprintf("The most %s%s; %s %s so far.", said.most, b.name(best), said.last, words.Number(last))
	}
	c.Remark = strings.TrimSpace(c.Remark + " " + b.Remark)
	return c
}

// HTML draws the chart.
func (b Bars) HTML() (template.HTML, error) {
	columns, series := b.columns(), b.shown()
	f := figure{Caption: b.caption(), Few: columns < least}
	if b.Strip {
		f.Class = "strip"
	}
	if f.Few {
		return f.html()
	}
	highest := 1
	for i := range columns {
		n := 0
		for _, s := range series {
			n += s.at(i)
		}
		highest = max(highest, n)
	}
	scale := top(float64(highest))
	f.Y = [3]string{words.Number(int(scale)), words.Number(int(scale / 2)), "0"}
	f.X = []string{b.name(0), b.name(columns / 2), b.name(columns - 1)}
	f.Label = "Likes by " + units[b.Unit].by + " and service, " + b.long(0) + " to " + b.long(columns-1)
	step := 100 / float64(columns)
	for i := range columns {
		var said []string
		var c column
		base := 100.0
		for _, s := range series {
			n := s.at(i)
			if n == 0 {
				continue
			}
			said = append(said, s.Name+" "+words.Number(n))
			h := float64(n) / scale * 100
			gap := min(.8, h/2) // so that two pieces do not touch, and the least one is seen
			c.Rects = append(c.Rects, rect{s.Class, num(float64(i)*step + step*.12), num(base - h + gap), num(step * .76), num(h - gap)})
			base -= h
		}
		c.Title = b.name(i) + ": none"
		if len(said) > 0 {
			c.Title = b.name(i) + ": " + strings.Join(said, ", ")
		}
		f.Columns = append(f.Columns, c)
	}
	for _, s := range series {
		f.Keys = append(f.Keys, Key{s.Class, s.Name + " " + words.Number(s.total())})
	}
	return f.html()
}
