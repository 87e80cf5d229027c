package bring

import (
	"context"
	"iter"
	"slices"
	"time"

	"collector/control"
	"collector/imports"
	"collector/item"
	"collector/store/intake"
)

// Sizes of what is stored together.
const (
	mostWaiting = 5000 // entries kept before they are stored
	mostInPage  = 500  // items in one page
)

// taking gathers entries and stores them page by page.
type taking struct {
	Importer
	Options
	intake  *intake.Intake // nil for a dry run
	made    time.Time
	report  *Report
	targets map[string]*destination // by list
	lists   map[string]string       // names of the lists seen, where Into names one
	order   []string                // lists in the order in which they came
	waiting map[string][]imports.Entry
	n       int
}

// entry takes one entry.
func (t *taking) entry(ctx context.Context, e imports.Entry) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t.report.see(e)
	if t.Told != nil {
		t.Told(control.Progressed{Read: t.report.Read, Added: t.report.Added()})
	}
	if e.Err != nil || e.Left != "" {
		return nil
	}
	key := listKey(e.List)
	if _, there := t.waiting[key]; !there {
		t.order = append(t.order, key)
	}
	t.waiting[key] = append(t.waiting[key], e)
	if t.n++; t.n >= mostWaiting {
		return t.flush(ctx)
	}
	return nil
}

// flush stores what has gathered.
func (t *taking) flush(ctx context.Context) error {
	for _, key := range t.order {
		entries := t.waiting[key]
		d, err := t.destination(ctx, entries[0].List)
		if err != nil {
			return err
		}
		for observed, items := range byTime(entries, t.made) {
			if err := t.keep(ctx, d, items, observed); err != nil {
				return err
			}
		}
	}
	clear(t.waiting)
	t.order, t.n = nil, 0
	return nil
}

// keep stores items of one time, page by page.
func (t *taking) keep(ctx context.Context, d *destination, items []item.Item, observed time.Time) error {
	for len(items) > 0 {
		page := items[:min(len(items), mostInPage)]
		items = items[len(page):]
		if t.intake == nil {
			d.tally.Read += len(page)
			continue
		}
		r, err := t.intake.Put(ctx, d.network.ID, page, observed)
		if err != nil {
			return err
		}
		d.tally.Read += len(page)
		d.tally.Added += r.Added
		d.tally.Changed += r.Changed
		d.tally.Known += r.Known
	}
	return nil
}

// byTime parts entries by when they were observed, the oldest first: when a collector
// saw them first, or when the export was made.
func byTime(entries []imports.Entry, made time.Time) iter.Seq2[time.Time, []item.Item] {
	at := func(e imports.Entry) time.Time {
		if e.Seen.IsZero() || e.Seen.After(made) {
			return made
		}
		return e.Seen
	}
	entries = slices.Clone(entries)
	slices.SortStableFunc(entries, func(a, b imports.Entry) int { return at(a).Compare(at(b)) })
	return func(yield func(time.Time, []item.Item) bool) {
		for len(entries) > 0 {
			when := at(entries[0])
			var items []item.Item
			for len(entries) > 0 && at(entries[0]).Equal(when) {
				items = append(items, entries[0].Item)
				entries = entries[1:]
			}
			if !yield(when, items) {
				return
			}
		}
	}
}
