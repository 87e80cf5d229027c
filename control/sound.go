package control

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"
	"time"

	"collector/sonify"
	"collector/store"
)

// Sounding is the wish for a sound of what happened.
type Sounding struct {
	User   string        // "" for all
	Since  time.Duration // how far back, a minute to 31 days
	Length time.Duration // of the sound, a second to an hour, and no longer than Since
}

// Sounded counts what is heard in a sound.
type Sounded struct {
	Seconds  int `json:"seconds"` // how long it is
	Likes    int `json:"likes"`
	Removals int `json:"removals"`
	Limits   int `json:"limits"`
	Failures int `json:"failures"`
}

// Sound is what a store knows of the time between from and until, as events.
type Sound struct {
	st          store.Store
	user        string
	from, until time.Time
	per         time.Duration // what a step of sound tells of

	runs  []sonify.Event // in order of time
	calls []string       // services of networks that need somebody now
	since int64          // number of the last change before from
	heard map[sonify.Kind]int
}

// Sound gathers what is to be heard; nothing is written yet.
func (p *Panel) Sound(ctx context.Context, w Sounding, now time.Time) (*Sound, error) {
	until := now.UTC()
	h := &Sound{st: p.Store, user: w.User, from: until.Add(-w.Since), until: until}
	// A whole number of steps, the last one up to now.
	h.per = w.Since / (w.Length / sonify.Step)
	return h, h.gather(ctx)
}

func (h *Sound) size() int64 { return sonify.Size(h.from, h.until, h.per) }

// gather reads what the networks remember, and finds where in the change log the
// time begins.
func (h *Sound) gather(ctx context.Context) error {
	h.heard = map[sonify.Kind]int{}
	list, err := h.st.Networks(ctx, store.Filter{User: h.user})
	if err != nil {
		return fmt.Errorf("reading the networks: %w", err)
	}
	for _, n := range list {
		for _, r := range n.Runs {
			if !r.At.Before(h.from) && r.At.Before(h.until) {
				h.runs = append(h.runs, HeardRun(n.Service, r))
			}
		}
		if NeedsYou(n) {
			h.calls = append(h.calls, n.Service)
		}
	}
	slices.SortStableFunc(h.runs, func(a, b sonify.Event) int { return a.At.Compare(b.At) })
	last, err := h.st.LastChange(ctx)
	if err != nil {
		return fmt.Errorf("reading the change log: %w", err)
	}
	// Numbers grow with the times, but for steps of the clock.
	n := sort.Search(int(last), func(seq int) bool {
		if err != nil {
			return true
		}
		var list []store.Change
		list, err = h.st.Changes(ctx, h.user, int64(seq), 1)
		if errors.Is(err, store.ErrGone) {
			err = nil
			return false
		}
		return len(list) == 0 || !list[0].At.Before(h.from)
	})
	if err != nil {
		return fmt.Errorf("searching the change log: %w", err)
	}
	h.since = int64(n)
	return nil
}

// writing is a function as a writer.
type writing func([]byte) (int, error)

func (w writing) Write(p []byte) (int, error) { return w(p) }

// Write writes the file, once, until ctx ends: the change log as it is read, and what the networks
// remember in between.
func (h *Sound) Write(ctx context.Context, w io.Writer) (Sounded, error) {
	err := h.write(ctx, w)
	return Sounded{
		Seconds: int(h.size() / (sonify.Rate * sonify.Channels * 2)),
		Likes:   h.heard[sonify.Like], Removals: h.heard[sonify.Removal], Limits: h.heard[sonify.Limit], Failures: h.heard[sonify.Failure],
	}, err
}

func (h *Sound) write(ctx context.Context, w io.Writer) error {
	buf := bufio.NewWriterSize(writing(func(p []byte) (int, error) {
		if ctx.Err() != nil { // what nobody will hear is not made
			return 0, context.Cause(ctx)
		}
		return w.Write(p)
	}), 64<<10)
	if err := sonify.WriteHeader(buf, h.size()); err != nil {
		return err
	}
	r, err := sonify.NewRenderer(buf, h.from, h.per)
	if err != nil {
		return err
	}
	add := func(e sonify.Event) error {
		if e.At.Before(h.from) || !e.At.Before(h.until) {
			return nil // the clock was set meanwhile
		}
		h.heard[e.Kind] += e.Count
		return r.Add(e)
	}
	runs := h.runs
	err = h.changes(ctx, func(c store.Change) error {
		for ; len(runs) > 0 && !runs[0].At.After(c.At); runs = runs[1:] {
			if err := add(runs[0]); err != nil {
				return err
			}
		}
		for _, e := range Heard(c) {
			if err := add(e); err != nil {
				return err
			}
		}
		return nil
	})
	for _, e := range runs {
		err = errors.Join(err, add(e))
	}
	err = errors.Join(err, r.Advance(h.until))
	for _, service := range h.calls {
		err = errors.Join(err, r.Add(sonify.Event{At: h.until, Kind: sonify.Call, Service: service, Count: 1}))
	}
	return errors.Join(err, r.Ring(), buf.Flush())
}

// changes reads the change log in batches from where the time begins.
func (h *Sound) changes(ctx context.Context, fn func(store.Change) error) error {
	const batch = 500
	for since := h.since; ; {
		list, err := h.st.Changes(ctx, h.user, since, batch)
		if err != nil {
			return fmt.Errorf("reading the change log: %w", err)
		}
		for _, c := range list {
			if err := fn(c); err != nil {
				return err
			}
			since = c.Seq
		}
		if len(list) < batch {
			return nil
		}
	}
}
