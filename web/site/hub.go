package site

import (
	"context"
	"errors"
	"sync"
	"time"

	"collector/control"
	"collector/store"
)

const (
	lookEvery    = time.Second // how often the change log is read while somebody watches
	mostAtOnce   = 200         // changes that are read at a time
	mostBehind   = 1000        // changes that are told one by one after one look; of more, that there were some
	mostWaiting  = 16          // lines that wait for one viewer
	mostWatchers = 2000        // at a time
	mostOfOne    = 1000        // of them of one user, so that nobody takes all of it
	mostHearing  = 32          // of all, who listen: a storm is two hundredths of a processor for each
	mostHears    = 4           // of these, one user's
)

// hub reads the change log once for all who watch it, and only while somebody does. Who
// takes his lines too slowly misses them and learns that something changed: nothing is kept
// for him but mostWaiting lines, which all viewers share.
type hub struct {
	*site
	mu       sync.Mutex
	watchers map[*watcher]bool
	at       int64              // the last number that the reader told of
	end      context.CancelFunc // of the reader; nil: nobody watches
}

// watcher is one viewer of the log.
type watcher struct {
	user    string                       // whose changes; "" those of all users
	since   int64                        // the last change that he knows; below 0 none
	wants   func(store.ChangeCount) bool // of these
	lines   chan liveLine                // nil: only whether something changed
	news    *news                        // in place of lines, for who counts new likes
	from    int64                        // the last number that the reader told of before this viewer came
	hears   func(store.Change)           // in place of lines, for who listens; it must not wait
	changed chan struct{}
}

// liveLine is one change as it is shown, in one line of HTML.
type liveLine struct {
	seq  int64
	html string
}

func newHub(s *site) *hub { return &hub{site: s, watchers: map[*watcher]bool{}} }

// errFull says that too many watch.
var errFull = &control.Problem{Kind: control.Busy, Whose: "nobody", Reason: "too many pages are open for one more to be live", Next: "read the page again to see what is new, or close others"}

// errLoud says that too many listen.
var errLoud = &control.Problem{Kind: control.Busy, Whose: "nobody", Reason: "too many listen for one more", Next: "stop listening in another window, or try again later"}

// join has a viewer told of what is written from now on, until leave. Nobody waits for the
// store because somebody else does: it is read while nothing is locked.
func (h *hub) join(ctx context.Context, w *watcher) error {
	last, read := int64(0), false
	for {
		joined, err := h.enter(ctx, w, last, read)
		if joined || err != nil {
			return err
		}
		if last, err = h.Panel.Store.LastChange(ctx); err != nil {
			return err
		}
		read = true
	}
}

// enter adds a viewer. The first one begins a reader, which goes on from last; it is not added
// where that was not read.
func (h *hub) enter(ctx context.Context, w *watcher, last int64, read bool) (joined bool, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.watchers) >= mostWatchers || h.of(w.user) >= mostOfOne {
		return false, errFull
	}
	if w.hears != nil {
		if all, own := h.hearing(w.user); all >= mostHearing || own >= mostHears {
			return false, errLoud
		}
	}
	if h.end == nil {
		if !read {
			return false, nil
		}
		inside, end := context.WithCancel(context.WithoutCancel(ctx))
		h.end, h.at = end, last
		go h.read(inside, last)
	}
	h.watchers[w], w.from = true, h.at
	return true, nil
}

// of is how many watch as a user.
func (h *hub) of(user string) (n int) {
	for w := range h.watchers {
		if w.user == user {
			n++
		}
	}
	return n
}

// hearing counts who listens, and of these a user's.
func (h *hub) hearing(user string) (all, own int) {
	for w := range h.watchers {
		if w.hears == nil {
			continue
		}
		if all++; w.user == user {
			own++
		}
	}
	return all, own
}

// leave ends what join began. The reader ends with the last viewer.
func (h *hub) leave(w *watcher) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.watchers, w)
	if len(h.watchers) == 0 && h.end != nil {
		h.end()
		h.end = nil
	}
}

// read follows the log from a number on.
func (h *hub) read(ctx context.Context, since int64) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	silent := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		next, err := h.look(ctx, since)
		since = next
		if err != nil && !silent && ctx.Err() == nil {
			h.Log.Warn("the change log cannot be read for those who watch: it is tried again", "err", err)
		}
		silent = err != nil
	}
}

// look tells of what the log has after a number, and returns the number to go on from.
func (h *hub) look(ctx context.Context, since int64) (int64, error) {
	for range mostBehind / mostAtOnce {
		list, err := h.Panel.Store.Changes(ctx, "", since, mostAtOnce)
		if errors.Is(err, store.ErrGone) {
			return h.skip(ctx, since)
		}
		if err != nil {
			return since, err
		}
		h.tell(ctx, list)
		if len(list) > 0 {
			since = list[len(list)-1].Seq
		}
		if len(list) < mostAtOnce {
			return since, nil
		}
	}
	return h.skip(ctx, since)
}

// skip goes on at the end of the log, and says that something changed.
func (h *hub) skip(ctx context.Context, since int64) (int64, error) {
	last, err := h.Panel.Store.LastChange(ctx)
	if err != nil {
		return since, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if ctx.Err() != nil {
		return last, nil // another reader tells those who came since
	}
	h.at = last
	for w := range h.watchers {
		if w.news != nil {
			w.news.gap.Store(true)
		}
		w.miss()
	}
	return last, nil
}

// tell hands changes to those who may see and want them. Each is drawn at most twice: for
// whose it is, and for the operator.
func (h *hub) tell(ctx context.Context, list []store.Change) {
	now := h.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	if ctx.Err() != nil {
		return // another reader tells those who came since
	}
	if len(list) > 0 {
		h.at = list[len(list)-1].Seq
	}
	for _, ch := range list {
		var drawn [2]string
		count := ch.Count()
		for w := range h.watchers {
			if ch.Seq <= w.since || w.user != "" && w.user != ch.User || !w.wants(count) {
				continue
			}
			if w.hears != nil {
				w.hears(ch)
				continue
			}
			if w.news != nil {
				w.news.n.Add(int64(count.Added))
			}
			if w.lines == nil {
				w.miss()
				continue
			}
			all := 0
			if w.user == "" {
				all = 1
			}
			if drawn[all] == "" {
				html, err := h.draw.Event(h.event(h.Panel.EventOf(count), now, w.user == ""))
				if err != nil {
					h.Log.Error("a change cannot be shown", "change", ch.Seq, "err", err)
					w.miss()
					continue
				}
				drawn[all] = html
			}
			select {
			case w.lines <- liveLine{ch.Seq, drawn[all]}:
			default:
				w.miss()
			}
		}
	}
}

// miss notes that something changed that no line tells of.
func (w *watcher) miss() {
	select {
	case w.changed <- struct{}{}:
	default:
	}
}
