package headline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"collector/bench/figure"
	"collector/bench/process"
	"collector/state"
	"collector/store"
)

// slots is how many workers the product needs to have so many networks of one
// service in work: one service gets three quarters of them, and there are at
// most 1,024.
func slots(flying int) int { return min((4*flying+2)/3, 1024) }

// Step does one thing with the store at an address.
type Step func(ctx context.Context, address string) (process.Used, error)

// once runs on a fresh store.
func (b *Rig) once(ctx context.Context, one Step) (process.Used, error) {
	used, err := b.Each(ctx, one)
	if err != nil {
		return process.Used{}, err
	}
	return used[0], nil
}

// Each runs one step after the other on one fresh store.
func (b *Rig) Each(ctx context.Context, all ...Step) (out []process.Used, err error) {
	address, err := b.place.Copy(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.place.Drop(ctx, address)) }()
	for _, one := range all {
		used, err := one(ctx, address)
		if err != nil {
			return nil, err
		}
		out = append(out, used)
	}
	return out, nil
}

// bareRound is the floor without a search index, and where wanted a second time,
// when it knows every item.
func (b *Rig) bareRound(ctx context.Context, again bool, flying int) ([]process.Used, error) {
	todo := []Step{b.Floor(flying)}
	if again {
		todo = append(todo, b.Floor(flying))
	}
	return b.Each(ctx, todo...)
}

// ourRound is the same by the product.
func (b *Rig) ourRound(ctx context.Context, again bool, flying int) ([]process.Used, error) {
	todo := []Step{b.Ours(flying, 1)}
	if again {
		todo = append(todo, b.OursAgain(flying, 1))
	}
	return b.Each(ctx, todo...)
}

// Ours lets so many instances of the product read what is due in a store for the
// first time, to the end.
func (b *Rig) Ours(flying, instances int) Step {
	return func(ctx context.Context, address string) (process.Used, error) {
		return b.watched(ctx, address, true, b.together(ctx, address, flying, instances, state.Initial))
	}
}

// OursAgain lets so many instances of the product read all once more, when they know every item.
func (b *Rig) OursAgain(flying, instances int) Step {
	return func(ctx context.Context, address string) (process.Used, error) {
		if err := b.wish(ctx, address); err != nil {
			return process.Used{}, err
		}
		return b.watched(ctx, address, true, b.together(ctx, address, flying, instances, state.Normal))
	}
}

// wish makes every network due again, as `collector sync` does.
func (b *Rig) wish(ctx context.Context, address string) (err error) {
	st, err := b.place.Open(ctx, address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	all, err := st.Networks(ctx, store.Filter{})
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for _, n := range all {
		group.Go(func() error { return st.WishSync(ctx, n.ID, false, time.Now()) })
	}
	return group.Wait()
}

// together runs instances at once; what they took is the time until the last has
// ended, the CPU of all, and the memory of the largest.
func (b *Rig) together(ctx context.Context, address string, flying, instances int, mode state.Mode) func() (process.Used, error) {
	return func() (used process.Used, err error) {
		var mu sync.Mutex
		var group errgroup.Group
		for range instances {
			cmd := b.command(ctx, address, slots(flying), "--mode="+string(mode), "--once")
			group.Go(func() error {
				_, one, err := process.Run(cmd)
				mu.Lock()
				defer mu.Unlock()
				used = process.Used{Wall: max(used.Wall, one.Wall), CPU: used.CPU + one.CPU, Peak: max(used.Peak, one.Peak)}
				return err
			})
		}
		return used, group.Wait()
	}
}

// watched runs something and says whether it did the work that its time is claimed
// for: every page asked for once, every item stored and, where wanted, searchable.
func (b *Rig) watched(ctx context.Context, address string, search bool, run func() (process.Used, error)) (process.Used, error) {
	if _, err := b.seen(ctx); err != nil {
		return process.Used{}, err
	}
	before, err := b.place.CPU()
	if err != nil {
		return process.Used{}, err
	}
	used, err := run()
	if err != nil {
		return used, err
	}
	after, err := b.place.CPU()
	if err != nil {
		return used, err
	}
	used.Server = after - before
	return used, b.check(ctx, address, search)
}

// Floor lets bare code read a page of each account. Of its flags, -search fills a
// search index too and -upsert takes the items for known.
func (b *Rig) Floor(flying int, flags ...string) Step {
	return func(ctx context.Context, address string) (process.Used, error) {
		cmd := exec.CommandContext(ctx, b.bare, append([]string{"-url", b.url, "-db", address, "-flying", strconv.Itoa(flying)}, flags...)...)
		cmd.Stdin = strings.NewReader(b.tokens())
		return b.watched(ctx, address, slices.Contains(flags, "-search"), func() (process.Used, error) {
			out, used, err := process.Run(cmd)
			if err != nil {
				return used, err
			}
			var done struct{ Pages int }
			if err := json.Unmarshal(out, &done); err != nil {
				return used, fmt.Errorf("reading what the floor did: %w", err)
			}
			if done.Pages != len(b.accounts) {
				err = fmt.Errorf("the floor read %d pages of %d", done.Pages, len(b.accounts))
			}
			return used, err
		})
	}
}

func (b *Rig) tokens() string {
	var out strings.Builder
	for _, a := range b.accounts {
		out.WriteString(a.Token + "\n")
	}
	return out.String()
}

func (b *Rig) check(ctx context.Context, address string, search bool) error {
	s, err := b.seen(ctx)
	if err != nil {
		return err
	}
	if s.Asked != b.pages() {
		return fmt.Errorf("%d pages were to be asked for, and %d were%s", b.pages(), s.Asked, b.undone(ctx, address))
	}
	have, found, err := b.place.Count(ctx, address)
	if err != nil {
		return err
	}
	items := len(b.accounts) * b.likes
	if have != items || search && found != items {
		return fmt.Errorf("%d items were to be stored; %d are, and %d searchable%s", items, have, found, b.undone(ctx, address))
	}
	return nil
}

// undone tells of networks that were not read to their end what the store knows: a
// pass may have ended while one of them had to be tried again later.
func (b *Rig) undone(ctx context.Context, address string) string {
	st, err := b.place.Open(ctx, address)
	if err != nil {
		return "; " + err.Error()
	}
	defer st.Close()
	all, err := st.Networks(ctx, store.Filter{})
	if err != nil {
		return "; " + err.Error()
	}
	var out strings.Builder
	for _, n := range all {
		if n.Items != b.likes && out.Len() < 1000 {
			fmt.Fprintf(&out, "\n%s: %d items, %s, due %v: %s; held by %q until %v; last error: %s",
				n.Name(), n.Items, n.Mode, n.ScheduledTo, n.Reason, n.Owner, n.LeaseUntil, n.LastError)
		}
	}
	return out.String()
}

// pages is how many calls a whole reading needs. Of a list of more than one
// page the newest is read twice: first by itself, then at the end of the walk
// from the oldest on, where it has moved to the last place.
func (b *Rig) pages() int {
	each := (b.likes + pageSize - 1) / pageSize
	if each > 1 {
		each++
	}
	return len(b.accounts) * each
}

// wide measures the memory with very many calls in flight.
func (b *Rig) wide(ctx context.Context) ([]figure.Figure, error) {
	flying, latency := 1024, 600*time.Millisecond
	if b.Short {
		flying, latency = 12, time.Millisecond
	}
	if err := b.Latency(ctx, latency); err != nil {
		return nil, err
	}
	var all []process.Used
	for range b.Repeats {
		mine, err := b.ourRound(ctx, false, flying)
		if err != nil {
			return nil, err
		}
		all = append(all, mine...)
	}
	return []figure.Figure{{
		Name: "headline/1024-workers/memory", Unit: "MB", Ours: median(all, peak), Limit: 150, Repeats: b.Repeats, Note: "peak, at 600 ms; 1,024 workers, the most there can be, of which one service gets 768",
	}}, nil
}
