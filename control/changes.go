package control

import (
	"context"
	"time"

	"collector/control/words"
)

// Change is one entry of the change log: what one page changed.
type Change struct {
	Seq       int64      `json:"seq"`
	At        *time.Time `json:"at"`
	User      string     `json:"user"`
	Network   string     `json:"network"`
	Kind      string     `json:"kind"`
	Added     []string   `json:"added"`
	Changed   []string   `json:"changed"`
	Removed   []string   `json:"removed"`
	Simulated bool       `json:"simulated,omitempty"`
}

// ChangesKept is how long the change log reaches back: a reader that was away for
// longer reads everything once.
const ChangesKept = 30 * 24 * time.Hour

// Changes returns at most n changes after the one numbered since, oldest first. A Problem
// of the kind Gone (store.ErrGone) says that the log no longer reaches back to it.
func (p *Panel) Changes(ctx context.Context, user string, since int64, n int) ([]Change, error) {
	if since < 0 {
		return nil, you(Wrong, "--since=0 reads the log from its beginning", "--since=%d is below 0", since)
	}
	list, err := p.Store.Changes(ctx, user, since, n)
	if err != nil {
		return nil, err
	}
	out := make([]Change, 0, len(list))
	for _, ch := range list {
		out = append(out, Change{ch.Seq, words.Stamp(ch.At), ch.User, ch.Network, ch.Kind, some(ch.Added), some(ch.Changed), some(ch.Removed), p.Simulated})
	}
	return out, nil
}

// ChangesSince is Changes, and the number to ask for next. That number goes on with the
// log also where none of the changes is the user's, so that a reader who asks again and
// again is never left behind by what others do.
func (p *Panel) ChangesSince(ctx context.Context, user string, since int64, n int) (list []Change, next int64, err error) {
	last, err := p.Store.LastChange(ctx) // before the list: what comes meanwhile is for the next time
	if err != nil {
		return nil, 0, err
	}
	if since > last { // of another store, or made up: who waited for it would wait in silence
		return nil, 0, you(Wrong, "read everything once, then go on from the number that `collector changes --last` prints", "the log has not come to %d: it ends with %d", since, last)
	}
	if list, err = p.Changes(ctx, user, since, n); err != nil {
		return nil, 0, err
	}
	next = since
	if len(list) > 0 {
		next = list[len(list)-1].Seq
	}
	if len(list) < n {
		next = max(next, last)
	}
	return list, next, nil
}
