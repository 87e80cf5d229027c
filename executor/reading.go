package executor

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"collector/connectors"
	"collector/fault"
	"collector/fetch"
	"collector/state"
)

// reading is the call for one page and what came of it. The page after the one
// that is being stored is read meanwhile: one long list then takes as long as
// its service does, and not the store's time on top.
type reading struct {
	kind   connectors.Walk
	query  connectors.Query
	call   fetch.Call
	number int // of the page in its walk

	reply  connectors.Reply
	page   connectors.Page
	unread error // why the connector does not understand the reply
	err    error // why there is no reply
	at     time.Time
	begun  time.Time     // when the connector began to read the reply
	took   time.Duration // and for how long it did
	stack  string        // of a panic, which err tells of

	cancel context.CancelFunc
	away   chan struct{} // closed once nothing but the wire is between the call and its service
	done   chan struct{} // closed once all of the above stands
}

// prepare makes the call for the next page of a walk.
func (r *run) prepare(kind connectors.Walk, p *state.Progress, w *state.Walk) (*reading, error) {
	q := r.query(kind, w)
	req, err := r.job.Connector.Request(q)
	if err != nil {
		return nil, fmt.Errorf("asking for page %d of the %s: %w", w.Pages+1, kind, err)
	}
	got := &reading{kind: kind, query: q, call: r.call(req, class(kind), fmt.Sprintf("page %d", w.Pages+1)), number: w.Pages + 1}
	// An unchanged first page says that a list is unchanged only where what is new
	// stands on it.
	if w.Pages == 0 && kind == connectors.Poll && r.info.Poll != connectors.PollSweep && p.ETagFor == req.URL {
		got.call.ETag = p.ETag
	}
	return got, nil
}

// read makes the call and lets the connector read the reply, while the reply's
// share of the memory budget is held.
func (r *run) read(ctx context.Context, got *reading) {
	used := false
	got.call.Use = func(reply connectors.Reply) error {
		used, got.begun = true, r.clock(ctx)
		if reply.Status != http.StatusNotModified {
			got.page, got.unread = r.job.Connector.Parse(got.query, reply)
		}
		got.took = r.clock(ctx).Sub(got.begun)
		for i := range got.page.Items { // an item's Raw is a part of the reply, whose memory is used again
			if it := &got.page.Items[i]; r.Archive {
				it.Raw = bytes.Clone(it.Raw)
			} else {
				it.Raw = nil
			}
		}
		return nil
	}
	got.call.Usage = func() []connectors.Usage { return got.page.Usage }
	got.reply, got.err = r.Do(ctx, got.call)
	if got.err != nil {
		got.err = fmt.Errorf("reading page %d of the %s: %w", got.number, got.kind, got.err)
	} else if !used {
		got.err = fault.New(fault.Bug, "the client did not hand over the reply to page %d", got.number)
	}
	got.at = r.Now()
}

// readAhead begins to read the page that follows, nil where none is wanted: the
// walk has ended, the run's share is used up, or the daemon stops.
func (r *run) readAhead(ctx context.Context, kind connectors.Walk, after *state.Progress) *reading {
	w := *slot(after, kind)
	if w == nil || r.out.Pages >= r.Pages || r.draining() {
		return nil
	}
	got, err := r.prepare(kind, after, w)
	if err != nil {
		return nil // it comes up again when the page is asked for
	}
	ctx, got.cancel = context.WithCancel(ctx)
	got.away, got.done = make(chan struct{}), make(chan struct{})
	allowed, left := got.call.Before, sync.OnceFunc(func() { close(got.away) })
	got.call.Before = func() error {
		defer left()
		return allowed()
	}
	go func() {
		defer close(got.done)
		defer func() {
			if p := recover(); p != nil {
				got.err, got.stack = bug(p), string(debug.Stack())
			}
		}()
		r.read(ctx, got)
	}()
	return got
}

// leaves waits until the call is on its way, but never for long. Its permit is a
// write as well, which takes a fraction of the time that storing a page does: let
// past, it waits for no page.
func (got *reading) leaves() {
	if got == nil {
		return
	}
	enough := time.NewTimer(10 * time.Millisecond)
	defer enough.Stop()
	select {
	case <-got.away:
	case <-got.done:
	case <-enough.C:
	}
}

// wait returns the reading once it is complete.
func (got *reading) wait() *reading {
	if got != nil {
		<-got.done
		got.cancel()
	}
	return got
}

// drop ends a reading that nobody wants any more. Nothing of it goes on after.
func (got *reading) drop() {
	if got != nil {
		got.cancel()
		<-got.done
	}
}
