package site

import (
	"errors"
	"fmt"
	"sync/atomic"

	"collector/control"
	"collector/search"
	"collector/store"
	"collector/web/page"
)

// news counts the likes that are new since the stream told of some.
type news struct {
	n   atomic.Int64
	gap atomic.Bool // some may have come that nobody counted
}

// text tells of them, "" where there are none: "event: new" with how many more there are, and 0
// where there may be some that were not counted.
func (n *news) text() (text string) {
	if n.gap.Swap(false) {
		text = newLikes(0)
	}
	if more := n.n.Swap(0); more > 0 {
		text += newLikes(more)
	}
	return text
}

func newLikes(n int64) string { return fmt.Sprintf("event: new\ndata: %d\n\n", n) }

// missedNew counts the likes that came after what the page knows and before the reader tells of them.
// Each stream begins with all that are new since the page was made, so that one that broke off loses nothing.
func (v *visit) missedNew(w *watcher) error {
	if w.since < 0 || w.since >= w.from {
		return nil
	}
	list, err := v.Panel.Store.Changes(v.ctx(), w.user, w.since, mostAtOnce)
	if err != nil && !errors.Is(err, store.ErrGone) {
		return err
	}
	if err != nil || len(list) == mostAtOnce {
		w.news.gap.Store(true)
		w.miss()
	}
	for _, ch := range list {
		if count := ch.Count(); ch.Seq <= w.from && w.wants(count) {
			w.news.n.Add(int64(count.Added))
			w.miss()
		}
	}
	return nil
}

// newsOf is the stream that tells of new likes beside the first page of a question, where the newest
// likes stand there; "" elsewhere. What comes after last is new.
func (q question) newsOf(last int64) page.Path {
	if _, ranks := search.RankingOf(q.expr); q.after != "" || ranks && q.sort != "newest" {
		return ""
	}
	return streamPath("likes", "", "", last)
}

// newOnes are the changes that the news are of.
var newOnes = control.WantedChanges("", "new")
