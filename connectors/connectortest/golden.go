package connectortest

import (
	"bytes"
	"reflect"
	"time"

	"collector/connectors"
	"collector/fault"
	"collector/item"
)

// golden is testdata/golden.json.
type golden struct {
	Query struct {
		Account  struct{ ID, Name string }
		Server   string
		PageSize int // small, so that three pages stay readable
		Params   map[string]string
	}
	// Omitted are lists that the service leaves out where they are empty, by their
	// place in the body ("body.songs"): that one is missing tells nobody anything.
	Omitted  []string
	Items    []wanted // three or more of the backfill
	Identity struct {
		ID, Name string
		Scopes   []string
	}
	Details   []wanted   // of details.http, in the order asked for
	Faults    []faulty   // replies whose fault is not that of the shared table
	Presences []presence // replies to a check
	// Ends are the damages that no connector can tell from the documented end of a
	// list, as the rule names them: "body.data.after as null".
	Ends []string
}

// wanted is an item as it must come out.
type wanted struct {
	ID, URL, Kind, Title, Text string
	Author                     struct{ Name, URL, Avatar string }
	Image                      string
	Tags                       []string
	Language                   string
	Private                    bool
	CreatedAt, LikedAt         time.Time
	LikedFrom                  string
	Bare                       bool
	Gone                       bool // details only
}

func (w wanted) item() item.Item {
	return item.Item{
		ID: w.ID, URL: w.URL, Kind: w.Kind, Title: w.Title, Text: w.Text,
		Author: item.Author(w.Author), Image: w.Image, Tags: w.Tags, Language: w.Language, Private: w.Private,
		CreatedAt: w.CreatedAt, LikedAt: w.LikedAt, LikedFrom: item.Source(w.LikedFrom), Bare: w.Bare,
	}
}

// faulty is a reply and the fault that it is.
type faulty struct {
	Status  int
	Header  map[string]string
	Body    string
	Every   bool   // whatever the body: replaces the rows of the shared table with this status
	Kind    string // as fault.Kind prints; "" for none, "page" for one that Parse reads
	Revoked bool
	Says    string // part of the error's text
}

// presence is a reply to a check and what it means.
type presence struct {
	Status   int
	Body     string
	Presence connectors.Presence
	Kind     string // of the error; "" for none
}

// query is where walk w stands at cursor.
func (k *kit) query(w connectors.Walk, at, resume connectors.Cursor) connectors.Query {
	g := k.golden.Query
	return connectors.Query{
		Walk: w, Cursor: at, Resume: resume, PageSize: g.PageSize,
		Account: connectors.Identity{ID: g.Account.ID, Name: g.Account.Name},
		Server:  g.Server, Params: g.Params,
	}
}

// step is one recorded page, read by the connector.
type step struct {
	recorded
	q       connectors.Query
	request connectors.Request
	page    connectors.Page
}

// steps goes through the recorded pages of a walk as the executor would. It
// stops with an error where the connector refuses one.
func (k *kit) steps(w connectors.Walk) ([]step, error) {
	resume := connectors.Cursor("")
	if w == connectors.Poll {
		before, err := k.steps(connectors.Backfill)
		if err != nil {
			return nil, err
		}
		resume = k.resume(connectors.Backfill, before)
	}
	var out []step
	var at connectors.Cursor
	for _, rec := range k.walks[w] {
		s := step{recorded: rec, q: k.query(w, at, resume)}
		var err error
		if s.request, err = k.c.Request(s.q); err != nil {
			return out, err
		}
		if s.page, err = k.c.Parse(s.q, copied(rec.reply)); err != nil {
			return out, err
		}
		out = append(out, s)
		at = s.page.Next
	}
	return out, nil
}

// copied keeps the recording from a connector that writes into what it is given.
func copied(r connectors.Reply) connectors.Reply {
	r.Header, r.Body = r.Header.Clone(), bytes.Clone(r.Body)
	return r
}

// resume is the resume point that the executor keeps: the first of a walk that
// reads newest first, the last of one that reads upwards.
func (k *kit) resume(w connectors.Walk, steps []step) connectors.Cursor {
	var out connectors.Cursor
	forward := w == connectors.Poll && k.c.Info().Poll == connectors.PollForward
	for _, s := range steps {
		if s.page.Resume != "" && (out == "" || forward) {
			out = s.page.Resume
		}
	}
	return out
}

// every calls fn with each step of each walk.
func (k *kit) every(wrong report, fn func(w connectors.Walk, s step)) {
	for _, w := range []connectors.Walk{connectors.Backfill, connectors.Poll, connectors.Sweep} {
		steps, err := k.steps(w)
		if err != nil {
			wrong("%s: page %d: %v", w, len(steps)+1, err)
		}
		for _, s := range steps {
			if k.enough() {
				return
			}
			fn(w, s)
		}
	}
}

// sameItem compares all but Raw.
func sameItem(a, b item.Item) bool {
	a.Raw, b.Raw = nil, nil
	if len(a.Tags) == 0 && len(b.Tags) == 0 {
		a.Tags, b.Tags = nil, nil
	}
	return reflect.DeepEqual(a, b)
}

// faultOf is the fault of a reply as the shared client decides it.
func (k *kit) faultOf(r connectors.Reply) error {
	if f, ok := k.c.(connectors.Faulter); ok {
		if err := f.Fault(r); err != nil {
			return err
		}
	}
	if e := fault.FromStatus(k.c.Info().Name, r.Status, r.Body); e != nil {
		return e
	}
	return nil
}
