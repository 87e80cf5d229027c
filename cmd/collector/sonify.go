package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"time"

	"github.com/spf13/cobra"

	"collector/control"
	"collector/sonify"
	"collector/store"
)

// sonifyCommand makes what happened audible.
func (a *app) sonifyCommand() *cobra.Command {
	var since, length time.Duration
	var out, user string
	c := &cobra.Command{
		Use:   "sonify --out FILE",
		Short: "write what happened as sound, a day in three minutes",
		Long: `Writes what happened as a WAV file: each service is an instrument in a register of
its own, a like is a note, many are a run, a limit is a sigh, a failure trembles,
work is wind. At the end those networks call that need somebody now.
docs/SOUND.md says what one hears.

Likes and likes that are gone come from the change log, which is kept for 30 days;
limits and failures from the last 20 runs of each network, which may reach back less
far. The same history gives the same sound. An earlier sound of the same name is
replaced, another file is not; only you can read it. With - in place of a name it
goes to standard output.`,
		Example: `  collector sonify --since=24h --out day.wav
  collector sonify --since=168h --length=10m --out week.wav
  collector sonify --out - | aplay`,
		Args: a.noArguments,
		RunE: a.command(func(c *cobra.Command, _ []string) error {
			switch {
			case out == "":
				return you(exitUsage, "collector sonify --out day.wav", "no file is named")
			case since < time.Minute || since > 31*24*time.Hour:
				return you(exitUsage, "--since=24h", "--since=%s is not between a minute and 31 days", since)
			case length < time.Second || length > time.Hour || length > since:
				return you(exitUsage, "--length="+min(3*time.Minute, since).String(), "--length=%s is not between a second and an hour, or longer than what it tells of", length)
			}
			if _, is := terminal(a.out); is && out == "-" {
				return you(exitUsage, "collector sonify --out - | aplay, or collector sonify --out FILE", "sound is no text for a terminal")
			}
			return a.withUsedStore(c.Context(), user, func(ctx context.Context, st store.Store) error {
				until := a.now().UTC()
				h := &history{st: st, user: user, from: until.Add(-since), until: until}
				// A whole number of steps, the last one up to now.
				h.per = since / (length / sonify.Step)
				if err := h.gather(ctx); err != nil {
					return err
				}
				if out == "-" {
					if err := h.write(ctx, a.out); err != nil {
						return err
					}
				} else if err := newSound(out, func(w io.Writer) error { return h.write(ctx, w) }); err != nil {
					return err
				}
				if a.simulated {
					a.say("[simulated] the sound of made-up people")
				}
				a.say("%s of sound: %s, %s gone, %s and %s", clock(h.length()), many(h.heard[sonify.Like], "like", "likes"), count(h.heard[sonify.Removal]),
					many(h.heard[sonify.Limit], "limit", "limits"), many(h.heard[sonify.Failure], "failure", "failures"))
				return nil
			})
		}),
	}
	c.Flags().DurationVar(&since, "since", 24*time.Hour, "how far back")
	c.Flags().DurationVar(&length, "length", 3*time.Minute, "how long the sound is; the last notes ring on for 3 seconds")
	c.Flags().StringVar(&out, "out", "", "the file to write; - for standard output")
	c.Flags().StringVar(&user, "user", "", "only this user's networks")
	return c
}

// history is what a store knows of the time between from and until, as events.
type history struct {
	st          store.Store
	user        string
	from, until time.Time
	per         time.Duration // what a step of sound tells of

	runs  []sonify.Event // in order of time
	calls []string       // services of networks that need somebody now
	since int64          // number of the last change before from
	heard map[sonify.Kind]int
}

func (h *history) size() int64 { return sonify.Size(h.from, h.until, h.per) }

func (h *history) length() time.Duration {
	return time.Duration(h.size()/(sonify.Rate*sonify.Channels*2)) * time.Second
}

// gather reads what the networks remember, and finds where in the change log the
// time begins.
func (h *history) gather(ctx context.Context) error {
	h.heard = map[sonify.Kind]int{}
	list, err := h.st.Networks(ctx, store.Filter{User: h.user})
	if err != nil {
		return fmt.Errorf("reading the networks: %w", err)
	}
	for _, n := range list {
		for _, r := range n.Runs {
			if !r.At.Before(h.from) && r.At.Before(h.until) {
				h.runs = append(h.runs, control.HeardRun(n.Service, r))
			}
		}
		if control.NeedsYou(n) {
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

// write writes the file: the change log as it is read, and what the networks
// remember in between.
func (h *history) write(ctx context.Context, w io.Writer) error {
	buf := bufio.NewWriterSize(w, 64<<10)
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
		for _, e := range control.Heard(c) {
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
func (h *history) changes(ctx context.Context, fn func(store.Change) error) error {
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

// newSound writes a sound that has its name only once it is whole. It takes the place of
// an earlier sound, and of nothing else: --out=collector.db would cost the likes.
func newSound(name string, write func(io.Writer) error) error {
	if err := replaceable(name); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".collector-*")
	if err != nil {
		return you(exitReadOnly, "name a file in a folder that you may write", "making %s: %w", line(name), err)
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return errors.Join(fmt.Errorf("naming the file: %w", err), os.Remove(f.Name()))
	}
	return nil
}

// replaceable refuses a name that something else has than a RIFF file, which a WAV file is.
func replaceable(name string) error {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return you(exitReadOnly, "name a new file", "looking at what %s is: %w", line(name), err)
	}
	defer f.Close()
	begin := make([]byte, 4)
	if _, err := io.ReadFull(f, begin); err != nil || string(begin) != "RIFF" {
		return you(exitUsage, "name another file", "%s is there and is no sound", line(name))
	}
	return nil
}
