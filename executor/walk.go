package executor

import (
	"fmt"
	"hash/fnv"
	"io"
	"time"

	"collector/connectors"
	"collector/item"
	"collector/state"
)

const (
	knownTail = 10             // known items in a row after which a newest-first poll may stop
	pageCap   = 20_000         // pages of a walk whose length nobody announced
	paceKept  = 10             // page intervals kept for the ETA
	sweepGap  = 24 * time.Hour // at least so long between two sweeps that doubtful polls call for
	retryWalk = 3              // malformed replies in a row after which a cursor is given up
)

// open returns the walk in progress of a kind, or begins a new one.
func (r *run) open(p *state.Progress, kind connectors.Walk) *state.Walk {
	at := slot(p, kind)
	if w := *at; w != nil {
		w.BadRuns = min(w.BadRuns, p.BadRuns) // some run has been good since
		if w.Cursor != "" && p.BadRuns > w.BadRuns && p.BadRuns%retryWalk == 0 {
			abandon(p, kind) // the service refuses the cursor: begin again, under a new number
		}
	}
	if *at == nil {
		p.Walks++
		size := r.info.PageSize
		if kind == connectors.Poll && r.info.PollPageSize > 0 {
			size = r.info.PollPageSize
		}
		*at = &state.Walk{Number: p.Walks, Kind: kind.String(), PageSize: size, StartedAt: r.Now(), BadRuns: p.BadRuns}
		if kind == connectors.Sweep {
			p.SweepDue, (*at).Noted = false, true
		}
	}
	return *at
}

// slot is where a walk of a kind is kept.
func slot(p *state.Progress, kind connectors.Walk) **state.Walk {
	if kind == connectors.Sweep {
		return &p.Sweep
	}
	return &p.Walk
}

// abandon drops a walk without ending it. A sweep stays owed. What an abandoned poll
// stored looks known to the next one, which may stop there, so one is owed for it too.
func abandon(p *state.Progress, kind connectors.Walk) {
	*slot(p, kind) = nil
	if kind != connectors.Backfill {
		p.SweepDue = true
	}
}

// advance writes a page into its walk and says why the walk leads nowhere, or "".
func advance(w *state.Walk, page connectors.Page, info connectors.Info, q connectors.Query, now time.Time) string {
	w.Pages++
	w.Items += len(page.Items)
	w.Cursor = string(page.Next)
	if page.Pages > 0 {
		w.Of = page.Pages
	}
	if page.Doubt != "" {
		w.Doubt = page.Doubt
	}
	// A forward poll may go on from its last page, any other walk from where its
	// first, newest page was.
	forward := q.Walk == connectors.Poll && info.Poll == connectors.PollForward && q.Resume != ""
	if page.Resume != "" && (forward || w.Resume == "") {
		w.Resume = string(page.Resume)
	}
	for _, it := range page.Items {
		if it.LikedFrom != item.FromAPI {
			continue
		}
		if it.LikedAt.After(w.Newest) {
			w.Newest = it.LikedAt
		}
		if w.Oldest.IsZero() || it.LikedAt.Before(w.Oldest) {
			w.Oldest = it.LikedAt
		}
	}
	if !w.LastPage.IsZero() {
		w.Paces = append(w.Paces, int(now.Sub(w.LastPage).Milliseconds()))
		w.Paces = w.Paces[max(0, len(w.Paces)-paceKept):]
	}
	w.LastPage = now
	if page.Next == "" {
		return ""
	}
	if len(page.Items)+len(page.Bad) > 0 {
		w.Empty = 0
	} else if w.Empty++; w.Empty > info.EmptyPages {
		return fmt.Sprintf("%d empty pages in a row that all name a next one", w.Empty)
	}
	if limit := most(w, page, info); w.Pages >= limit {
		return fmt.Sprintf("%d pages read, and the service goes on although it announced fewer", w.Pages)
	}
	if cycle(w, page) {
		return "the service leads back to a page that was read before"
	}
	return ""
}

// most is how many pages a walk may have: twice what was announced, so that a
// list may grow while it is read.
func most(w *state.Walk, page connectors.Page, info connectors.Info) int {
	announced := w.Of
	if page.Total > 0 && w.PageSize > 0 {
		announced = max(announced, (page.Total+w.PageSize-1)/w.PageSize)
	}
	if info.Window > 0 && w.PageSize > 0 {
		announced = max(announced, (info.Window+w.PageSize-1)/w.PageSize)
	}
	if announced == 0 {
		return pageCap
	}
	return 2*announced + 10
}

// cycle notices that a walk goes in circles by Brent's algorithm: one page is
// remembered and compared with those that follow, and replaced by a newer one
// after 1, 2, 4, 8 … pages. So a circle is found after at most three rounds,
// with one number kept however long the list is. A page is its cursor or, where
// cursors are made anew each time, its items.
func cycle(w *state.Walk, page connectors.Page) bool {
	cursor, content := fnv.New64a(), fnv.New64a()
	io.WriteString(cursor, string(page.Next)) // a Hash never returns an error
	for _, it := range page.Items {
		io.WriteString(content, it.ID+"\x00")
	}
	c, i := cursor.Sum64(), content.Sum64()
	if w.MarkFor > 0 && (c == w.Mark || len(page.Items) > 0 && i == w.MarkItems) {
		return true
	}
	if w.MarkFor == 0 || w.Pages-w.MarkAt >= w.MarkFor {
		w.Mark, w.MarkItems, w.MarkAt, w.MarkFor = c, i, w.Pages, max(1, 2*w.MarkFor)
	}
	return false
}

// reachesBack says whether all items of a page have a like time that the
// service stated, and if so whether the page reaches back past a time.
func reachesBack(items []item.Item, newest time.Time) (timed, past bool) {
	if len(items) == 0 || newest.IsZero() {
		return false, false
	}
	for _, it := range items {
		if it.LikedFrom != item.FromAPI {
			return false, false
		}
		past = past || it.LikedAt.Before(newest)
	}
	return true, past
}

// finish ends a walk: what it learned becomes what the next one starts from.
func (r *run) finish(p *state.Progress, w *state.Walk, kind connectors.Walk, now time.Time) {
	if kind != connectors.Sweep {
		if kind == connectors.Poll && !p.RateAt.IsZero() {
			r.out.Since = now.Sub(p.RateAt)
		}
		if w.Resume != "" {
			p.Resume = w.Resume
		}
		if w.Newest.After(p.Newest) {
			p.Newest = w.Newest
		}
		if w.ETag != "" {
			p.ETag, p.ETagFor = w.ETag, w.ETagFor
		}
		p.Mode, p.Window = state.Normal, r.info.Window
		r.planSweep(p, w.Pages, now)
	}
	if kind == connectors.Poll && p.Swept != nil && w.Number > p.Swept.Walks {
		p.Swept.Polled = true
	}
	if kind == connectors.Backfill && !w.Oldest.IsZero() {
		r.out.History, r.out.Read = now.Sub(w.Oldest), w.Items
	}
	switch {
	case w.Doubt != "":
		p.Doubt = w.Doubt
		p.SweepDue = p.SweepDue || kind == connectors.Backfill || kind == connectors.Poll && now.Sub(p.SweptAt) >= sweepGap
	case kind != connectors.Poll || r.info.Poll == connectors.PollSweep:
		p.Doubt = "" // the whole list was read in order
	}
	if kind == connectors.Sweep {
		r.swept(p, w, now)
	}
	p.StallNote = ""
	*slot(p, kind) = nil
}
