package site

import (
	"fmt"
	"slices"

	"collector/web/page/chart"
)

const (
	likesDrawn  = 10_000 // likes that are counted for the chart, the newest
	monthsDrawn = 24
)

// overTime is when the likes of late were made, by service: two years at most. Where there
// are more likes than are counted it is less, in months, weeks or days as enough are whole.
// Nil where nothing is known.
func (v *visit) overTime() (*chart.Bars, error) {
	from := chart.Month.Add(chart.Month.Begin(v.now), 1-monthsDrawn)
	until := chart.Day.Add(chart.Day.Begin(v.now), 1)
	days, err := v.Panel.Store.LikeDays(v.ctx(), v.whose(), from, until, likesDrawn)
	if err != nil || len(days.List) == 0 {
		return nil, err
	}
	b := &chart.Bars{Strip: true}
	if days.Since.After(from) {
		b.Remark = "There are too many to count them all here: those before " + days.Since.Format("2 Jan 2006") + " are left out."
	}
	b.Unit, b.First = chart.Whole(days.Since, days.List[0].Day, v.now)
	var names []string
	for _, d := range days.List {
		if !slices.Contains(names, d.Service) {
			names = append(names, d.Service)
		}
	}
	columns, taken := b.Unit.Columns(b.First, v.now), map[int]bool{}
	for _, name := range names {
		s := v.service(name)
		series := chart.Series{Name: s.Title, Class: fmt.Sprint("c", ownTint(taken, s.Tint)), N: make([]int, columns)}
		for _, d := range days.List {
			if d.Service == name && !d.Day.Before(b.First) {
				series.N[b.Unit.Columns(b.First, d.Day)-1] += d.Likes
			}
		}
		b.Series = append(b.Series, series)
	}
	if b.Total() == 0 { // all were before the first whole column
		return nil, nil
	}
	return b, nil
}

// ownTint takes a tint for a series: that of its service, or the next one that no other series
// has, as lists of one provider share theirs. With more series than tints some are alike.
func ownTint(taken map[int]bool, tint int) int {
	for i := range tints {
		if t := (tint-1+i)%tints + 1; !taken[t] {
			taken[t] = true
			return t
		}
	}
	return tint
}
