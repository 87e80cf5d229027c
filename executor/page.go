package executor

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"time"

	"collector/connectors"
	"collector/failpoint"
	"collector/fault"
	"collector/item"
	"collector/state"
	"collector/trace"
)

// page stores one page of a walk, which may have been read already, and says
// whether that ended the walk. While it is stored the page after it is read.
func (r *run) page(ctx context.Context, kind connectors.Walk) (ended bool, err error) {
	after := r.out.Network.Progress.Clone()
	w := r.open(&after, kind)
	r.out.Kind = kind.String()
	got := r.ahead
	if r.ahead = nil; got == nil {
		if got, err = r.prepare(kind, &after, w); err != nil {
			return false, err
		}
		r.read(ctx, got)
	}
	if got.err != nil {
		r.out.Stack = got.stack
		return false, got.err
	}
	first, page, now := w.Pages == 0, got.page, got.at
	r.out.Pages++
	if got.reply.Status == http.StatusNotModified {
		w.Pages++
		r.finish(&after, w, kind, now)
		r.out.Network.Progress = after
		return true, nil
	}
	if errors.Is(got.unread, connectors.ErrForeignLink) {
		return false, stalled(got.unread.Error())
	}
	if got.unread != nil {
		return false, fmt.Errorf("understanding page %d of the %s: %w", w.Pages+1, kind, got.unread)
	}
	if err := failpoint.Hit(ctx, "decode.done"); err != nil {
		return false, err
	}
	if first {
		w.ETag, w.ETagFor = got.reply.Header.Get("ETag"), got.call.Request.URL
	}
	stamp(page.Items, w, now)
	sweeping(w, page)
	id := fmt.Sprintf("%s/%d/%d", r.out.Network.ID, w.Number, w.Pages+1)
	stall := advance(w, page, r.info, got.query, now)
	after.Saw(page.Items)
	switch done, err := r.done(ctx, after, w, kind, page); {
	case err != nil:
		return false, err
	case done:
		r.finish(&after, w, kind, now)
		ended = true
	case stall != "":
		abandon(&after, kind)
		after.StallNote = stall
	}
	if page.Total > 0 {
		after.Total = page.Total
	}
	after.LastOKAt = now
	swept := int64(0)
	if ended && kind == connectors.Sweep && after.SweepNote == "" {
		swept = w.Number
	}
	var ahead *reading
	if !ended && stall == "" {
		ahead = r.readAhead(ctx, kind, &after)
	}
	defer ahead.drop() // where it was not waited for
	ahead.leaves()
	begun := r.clock(ctx)
	stored, err := r.Store.Commit(ctx, r.job.Lease, state.Page{
		ID: id, Kind: kind.String(), Walk: w.Number, ObservedAt: now,
		Items: page.Items, Bad: r.quarantine(page.Bad, w.Number, now), Removed: page.Removed,
		After: after, Archive: r.Archive, Swept: swept,
	})
	if err != nil {
		r.out.Pages--
		return false, r.storing("storing a page", err)
	}
	note(ctx, got, stored, begun, r.clock(ctx))
	if kind == connectors.Poll && stored.Added > 0 {
		after.LastLikeAt = now
	}
	r.out.Added += stored.Added
	r.out.Changed += stored.Changed
	r.out.Removed += stored.Removed
	r.out.Network.Progress = after
	if stall != "" && !ended {
		return false, stalled(stall)
	}
	r.ahead = ahead.wait()
	return ended, nil
}

// note tells the trace of a page that was read, and stored between two times.
func note(ctx context.Context, got *reading, stored state.Committed, begun, ended time.Time) {
	run := trace.Of(ctx)
	run.Note(got.begun, trace.Step{
		Kind: trace.Read, Took: got.took, Items: int32(len(got.page.Items)), Bad: int32(len(got.page.Bad)),
		New: int32(stored.Added), Changed: int32(stored.Changed), Gone: int32(stored.Removed),
	})
	run.Note(begun, trace.Step{Kind: trace.Saved, Took: ended.Sub(begun), What: fmt.Sprintf("page %d", got.number)})
}

func stalled(why string) error {
	return &fault.Error{
		Kind: fault.Malformed, Reason: "stalled: " + why, Whose: "the service", Err: silent{ErrStalled},
		Next: "nothing to do: the walk is begun again later, and what it read is kept",
	}
}

// silent is a cause that is found by errors.Is and adds no text.
type silent struct{ error }

func (silent) Error() string   { return "" }
func (s silent) Unwrap() error { return s.error }

// done says whether a walk has read all that it has to.
func (r *run) done(ctx context.Context, p state.Progress, w *state.Walk, kind connectors.Walk, page connectors.Page) (bool, error) {
	if page.Next == "" {
		return true, nil
	}
	if kind != connectors.Poll || r.info.Poll != connectors.PollNewest {
		return false, nil
	}
	if timed, past := reachesBack(page.Items, p.Newest); timed {
		return past, nil
	}
	ids := make([]string, len(page.Items))
	for i, it := range page.Items {
		ids[i] = it.ID
	}
	known, err := r.Store.Known(ctx, r.out.Network.ID, w.Number, ids)
	if err != nil {
		return false, r.storing("looking up what is known", err)
	}
	for _, k := range known {
		if !k {
			w.Tail = 0
			continue
		}
		w.Tail++
	}
	return w.Tail >= knownTail, nil
}

// stamp gives items without a like time the time of their first being seen,
// set apart by milliseconds so that the order of the list survives.
func stamp(items []item.Item, w *state.Walk, now time.Time) {
	from := now
	if w.Kind == connectors.Backfill.String() {
		from = w.StartedAt // later pages hold older likes
	}
	for i := range items {
		if items[i].LikedAt.IsZero() {
			items[i].LikedAt = from.Add(-time.Duration(w.Items+i) * time.Millisecond)
			items[i].LikedFrom = item.FromFirstSeen
		}
	}
}

// quarantine prepares objects that could not be mapped.
func (r *run) quarantine(bad []connectors.Bad, walk int64, now time.Time) []state.Bad {
	var out []state.Bad
	for _, b := range bad {
		sum := sha256.Sum256(append([]byte(r.out.Network.ID+"\x00"), b.Raw...))
		out = append(out, state.Bad{
			Key: hex.EncodeToString(sum[:16]), ID: b.ID, Raw: b.Raw, Reason: b.Reason, Version: r.Version, Walk: walk, At: now,
		})
	}
	return out
}
