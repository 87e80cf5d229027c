package chart

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"collector/web/page/words"
)

// named is how many series a chart shows; the smaller ones together are "other".
const named = 4

// Bars are the likes of each month, stacked by service.
type Bars struct {
	// First is the first month; the columns follow month by month.
	First time.Time
	// Series are in the order of the services. All have as many values as there are
	// months; a missing one counts as none.
	Series []Series
	// Strip is the low form, for above a list.
	Strip bool
}

// Series is one service's likes.
type Series struct {
	Name  string
	Class string // c1 … c6
	N     []int  // by month
}

// months is how many columns there are.
func (b Bars) months() int {
	n := 0
	for _, s := range b.Series {
		n = max(n, len(s.N))
	}
	return n
}

// month is the name of a column.
func (b Bars) month(i int) string {
	return time.Date(b.First.Year(), b.First.Month()+time.Month(i), 1, 0, 0, 0, 0, time.UTC).Format("Jan 2006")
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

// shown are the series that are drawn: the largest, and the rest as one.
func (b Bars) shown() []Series {
	out := slices.Clone(b.Series)
	slices.SortStableFunc(out, func(x, y Series) int { return y.total() - x.total() })
	if len(out) <= named+1 {
		return out
	}
	other := Series{Name: "other", Class: "c1", N: make([]int, b.months())}
	for _, s := range out[named:] {
		for i := range other.N {
			other.N[i] += s.at(i)
		}
	}
	return append(out[:named], other)
}

// Total is how many likes all columns show.
func (b Bars) Total() int {
	n := 0
	for _, s := range b.Series {
		n += s.total()
	}
	return n
}

// caption states how many there were, when the most, and how many this month.
func (b Bars) caption() Caption {
	best, most, last := 0, 0, 0
	for i := range b.months() {
		n := 0
		for _, s := range b.Series {
			n += s.at(i)
		}
		if n > most {
			best, most = i, n
		}
		last = n
	}
	span := words.Few(b.months()) + " months"
	switch m := b.months(); {
	case m == 1:
		span = "one month"
	case m == 12:
		span = "one year"
	case m%12 == 0:
		span = words.Few(m/12) + " years"
	}
	c := Caption{Finding: words.Many(b.Total(), "like", "likes") + " in " + span + "."}
	if most > 0 {
		c.Remark = fmt.Sprintf("The most in %s; this month %s so far.", b.month(best), words.Number(last))
	}
	return c
}

// HTML draws the chart.
func (b Bars) HTML() (template.HTML, error) {
	months, series := b.months(), b.shown()
	f := figure{Caption: b.caption(), Few: months < least}
	if b.Strip {
		f.Class = "strip"
	}
	if f.Few {
		return f.html()
	}
	highest := 1
	for i := range months {
		n := 0
		for _, s := range series {
			n += s.at(i)
		}
		highest = max(highest, n)
	}
	scale := top(float64(highest))
	f.Y = [3]string{words.Number(int(scale)), words.Number(int(scale / 2)), "0"}
	f.X = []string{b.month(0), b.month(months / 2), b.month(months - 1)}
	f.Label = "Likes by month and service, " + long(b.month(0)) + " to " + long(b.month(months-1))
	step := 100 / float64(months)
	for i := range months {
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
		c.Title = b.month(i) + ": none"
		if len(said) > 0 {
			c.Title = b.month(i) + ": " + strings.Join(said, ", ")
		}
		f.Columns = append(f.Columns, c)
	}
	for _, s := range series {
		f.Keys = append(f.Keys, Key{s.Class, s.Name + " " + words.Number(s.total())})
	}
	return f.html()
}

// long is a month with its whole name.
func long(month string) string {
	t, err := time.Parse("Jan 2006", month)
	if err != nil {
		return month
	}
	return t.Format("January 2006")
}
