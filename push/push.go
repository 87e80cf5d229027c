// Package push keeps a bookmark service of the user's own up to date with what was liked:
// Karakeep or linkding, by their published HTTP APIs.
//
// The first push walks through all likes that match, the newest first; from then on it
// follows the change log. How far it is stands in one value of the store, so a push that
// was interrupted goes on, and the next one sends what is new. That value is moved after
// each page, behind what the service has confirmed: at most one page is sent again, and a
// target sends nothing that is there already. Where the log no longer reaches back that
// far, everything is walked through again, for the same reason without harm.
//
// A push adds. It changes no bookmark that is there, and removes none: what a person did
// with it over there is his, and so is what he no longer likes here.
package push

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"collector/fault"
	"collector/search"
	"collector/store"
)

// Target is a bookmark service at one address.
type Target interface {
	// Check asks whether address and token are right.
	Check(ctx context.Context) error
	// Has tells whether a bookmark is there.
	Has(ctx context.Context, address string) (bool, error)
	// Put makes sure that a bookmark is there, and tells whether it was not. A *Refused says
	// that this one cannot be.
	Put(ctx context.Context, b Bookmark) (added bool, err error)
}

// Refused says that a service does not take one bookmark.
type Refused struct {
	Status int
	Said   string // by the service; one line
}

func (r *Refused) Error() string {
	return fmt.Sprintf("the service answered %d%s", r.Status, said(r.Said))
}

// Config says what is pushed, and where to.
type Config struct {
	Store   store.Store
	Target  Target
	Name    string // of the target and its address: what is pushed to another one is counted apart
	User    string
	Query   string // to tell pushes apart
	Expr    search.Expr
	Private bool // also what is private at its service
	Dry     bool // add nothing, only look
	Again   bool // from the beginning
	Now     func() time.Time
	Note    func(Report) // called after each page
}

// Report is what came of a push.
type Report struct {
	Looked  int // likes that match
	Added   int // bookmarks that are new over there; of a dry run: that would be
	Known   int // that were there
	Left    int // likes without an address of the web
	Refused int
	First   []Refusal // the first refused ones
}

// Refusal is a like that the service did not take.
type Refusal struct{ Network, ID, URL, Reason string }

const (
	page       = 10 // likes that are looked at between two notes of how far it is: few, so that also a service that takes few calls at once is got through
	tries      = 3  // runs that end at one like, until it counts as refused
	changes    = 20 // pages of the change log that are looked at at once
	refusals   = 10 // that are told one by one
	mostInARow = 10 // refusals without anything taken: it is not about the likes
)

// Push is one run. It is for one goroutine.
type Push struct {
	c     Config
	place place
	text  string // of the place, as it stands in the store
	row   int    // refusals in a row
	Report
}

// New makes a run.
func New(c Config) *Push { return &Push{c: c} }

// ErrElsewhere says that somebody else moves the same place on.
var ErrElsewhere = errors.New("another push to the same place is at work: this one has ended")

// Run pushes what is not there yet. What it has done is in the Report, whatever the error.
func (p *Push) Run(ctx context.Context) (Report, error) {
	err := p.waits(ctx)
	if err == nil {
		err = p.noteWait(ctx, p.run(ctx))
	}
	return p.Report, err
}

func (p *Push) run(ctx context.Context) error {
	if err := p.c.Target.Check(ctx); err != nil {
		return err
	}
	if err := p.begin(ctx); err != nil {
		return err
	}
	if p.place.Walking {
		if err := p.walk(ctx); err != nil {
			return err
		}
	}
	return p.follow(ctx)
}

// walk goes through all that matches.
func (p *Push) walk(ctx context.Context) error {
	q := store.Query{User: p.c.User, Expr: p.c.Expr, Limit: page, Bytes: store.PageBytes, After: p.place.After, Order: store.Newest}
	for {
		found, err := p.c.Store.Search(ctx, q)
		if err != nil {
			return fmt.Errorf("searching for what is to be pushed: %w", err)
		}
		if err := p.put(ctx, found.Items); err != nil {
			return err
		}
		q.After = found.Next
		p.place.After, p.place.Walking = found.Next, found.Next != ""
		if err := p.save(ctx); err != nil || !p.place.Walking {
			return err
		}
	}
}

// follow goes through what the change log tells since.
func (p *Push) follow(ctx context.Context) error {
	for {
		last, err := p.c.Store.LastChange(ctx)
		if err != nil {
			return fmt.Errorf("reading how far the change log is: %w", err)
		}
		list, err := p.c.Store.Changes(ctx, p.c.User, p.place.Seq, changes)
		if errors.Is(err, store.ErrGone) {
			if err := p.restart(ctx); err != nil {
				return err
			}
			if err := p.walk(ctx); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return fmt.Errorf("reading what has changed: %w", err)
		}
		if len(list) == 0 { // what others have liked is behind us too, so that the log still reaches back to here next time
			p.place.Seq = max(p.place.Seq, last)
			return p.save(ctx)
		}
		for _, c := range list {
			if err := p.change(ctx, c); err != nil {
				return err
			}
		}
		if err := p.save(ctx); err != nil {
			return err
		}
	}
}

// change goes through one change, in the order of the ids, and notes how far it is wherever
// the service was asked.
func (p *Push) change(ctx context.Context, c store.Change) error {
	ids := slices.Compact(slices.Sorted(slices.Values(slices.Concat(c.Added, c.Changed))))
	if p.place.In == c.Seq {
		ids = slices.DeleteFunc(ids, func(id string) bool { return id <= p.place.ID })
	}
	for some := range slices.Chunk(ids, page) {
		items, err := p.c.Store.ByID(ctx, c.NetworkID, some)
		if err != nil {
			return fmt.Errorf("reading what has changed: %w", err)
		}
		before := p.Looked
		if err := p.put(ctx, items); err != nil {
			return err
		}
		p.place.In, p.place.ID = c.Seq, some[len(some)-1]
		if p.Looked > before {
			if err := p.save(ctx); err != nil {
				return err
			}
		}
	}
	p.place.Seq, p.place.In, p.place.ID = c.Seq, 0, ""
	return nil
}

// put makes sure that likes are over there.
func (p *Push) put(ctx context.Context, items []store.Liked) error {
	for _, it := range items {
		if it.User != p.c.User || !it.RemovedAt.IsZero() || it.Private && !p.c.Private {
			continue
		}
		if !search.Match(p.c.Expr, search.DocOf(it.Item, it.Service, it.Account, false)) {
			continue
		}
		p.Looked++
		b, ok := bookmark(it)
		if !ok {
			p.Left++
			continue
		}
		if err := p.one(ctx, it, b); err != nil {
			return err
		}
	}
	if p.c.Note != nil {
		p.c.Note(p.Report)
	}
	return nil
}

func (p *Push) one(ctx context.Context, it store.Liked, b Bookmark) error {
	var added bool
	var err error
	if p.c.Dry {
		added, err = p.c.Target.Has(ctx, b.URL)
		added = !added
	} else {
		added, err = p.c.Target.Put(ctx, b)
	}
	_, is := errors.AsType[*Refused](err)
	if err != nil && !is {
		passed, end := p.passes(ctx, it, err)
		if !passed {
			return end
		}
	}
	switch {
	case err != nil:
		p.Refused++
		if len(p.First) < refusals {
			p.First = append(p.First, Refusal{it.Network, it.ID, b.URL, err.Error()})
		}
		if p.row++; p.row == mostInARow {
			e := fault.New(fault.Malformed, "the service has refused %d bookmarks one after the other: %w", p.row, err)
			e.Whose, e.Next = "the service, or collector", "see whether the address is that of the service, and whether a newer collector knows this version of it"
			return e
		}
		return nil
	case added:
		p.Added++
	default:
		p.Known++
	}
	p.row = 0
	return nil
}

func said(s string) string {
	if s == "" {
		return ""
	}
	return ": " + cmp.Or(short(s, 200), "nothing")
}
