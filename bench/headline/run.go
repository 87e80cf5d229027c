package headline

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"collector/bench/figure"
	"collector/bench/process"
)

// slots is how many workers the product needs to have so many networks of one
// service in work: one service gets three quarters of them, and there are at
// most 1,024.
func slots(flying int) int { return min((4*flying+2)/3, 1024) }

// runs does one thing with a store.
type runs func(ctx context.Context, db string) (process.Used, error)

// once runs on a fresh store.
func (b *rig) once(ctx context.Context, one runs) (process.Used, error) {
	used, err := b.each(ctx, one)
	if err != nil {
		return process.Used{}, err
	}
	return used[0], nil
}

// each runs one after the other on one fresh store.
func (b *rig) each(ctx context.Context, all ...runs) ([]process.Used, error) {
	db, err := b.fresh()
	if err != nil {
		return nil, err
	}
	defer b.drop(db)
	var out []process.Used
	for _, one := range all {
		used, err := one(ctx, db)
		if err != nil {
			return nil, err
		}
		out = append(out, used)
	}
	return out, nil
}

// bareRound is the floor without a search index, and where wanted a second time,
// when it knows every item.
func (b *rig) bareRound(ctx context.Context, again bool, flying int) ([]process.Used, error) {
	todo := []runs{b.floorRun(false, flying)}
	if again {
		todo = append(todo, b.floorRun(false, flying))
	}
	return b.each(ctx, todo...)
}

// ourRound is the same by the product.
func (b *rig) ourRound(ctx context.Context, again bool, flying int) ([]process.Used, error) {
	first := func(ctx context.Context, db string) (process.Used, error) {
		return b.ours(ctx, db, "initial", flying)
	}
	if !again {
		return b.each(ctx, first)
	}
	return b.each(ctx, first, func(ctx context.Context, db string) (process.Used, error) {
		if _, _, err := process.Run(b.command(ctx, db, 1, "sync", "--all")); err != nil { // everything is due again
			return process.Used{}, err
		}
		return b.ours(ctx, db, "normal", flying)
	})
}

// ours lets the product read what is due in a store, to the end.
func (b *rig) ours(ctx context.Context, db, mode string, flying int) (process.Used, error) {
	if _, err := b.seen(ctx); err != nil {
		return process.Used{}, err
	}
	_, used, err := process.Run(b.command(ctx, db, slots(flying), "--mode="+mode, "--once"))
	if err != nil {
		return used, err
	}
	return used, b.check(ctx, db, true)
}

// floorRun lets bare code read a page of each account.
func (b *rig) floorRun(search bool, flying int) runs {
	return func(ctx context.Context, db string) (process.Used, error) {
		if _, err := b.seen(ctx); err != nil {
			return process.Used{}, err
		}
		args := []string{"-url", b.url, "-db", db, "-flying", strconv.Itoa(flying)}
		if search {
			args = append(args, "-search")
		}
		cmd := exec.CommandContext(ctx, b.bare, args...)
		cmd.Stdin = strings.NewReader(b.tokens())
		out, used, err := process.Run(cmd)
		if err != nil {
			return used, err
		}
		var done struct{ Pages int }
		if err := json.Unmarshal(out, &done); err != nil {
			return used, fmt.Errorf("reading what the floor did: %w", err)
		}
		if done.Pages != len(b.accounts) {
			return used, fmt.Errorf("the floor read %d pages of %d", done.Pages, len(b.accounts))
		}
		return used, b.check(ctx, db, search)
	}
}

func (b *rig) tokens() string {
	var out strings.Builder
	for _, a := range b.accounts {
		out.WriteString(a.Token + "\n")
	}
	return out.String()
}

// check says whether a run did the work that its time is claimed for: every page
// asked for once, every item stored and, where wanted, searchable.
func (b *rig) check(ctx context.Context, db string, search bool) error {
	s, err := b.seen(ctx)
	if err != nil {
		return err
	}
	if s.Asked != b.pages() {
		return fmt.Errorf("%d pages were to be asked for, and %d were", b.pages(), s.Asked)
	}
	have, found, err := stored(ctx, db)
	if err != nil {
		return err
	}
	items := len(b.accounts) * b.likes
	if have != items || search && found != items {
		return fmt.Errorf("%d items were to be stored; %d are, and %d searchable", items, have, found)
	}
	return nil
}

// pages is how many calls a whole reading needs. Of a list of more than one
// page the newest is read twice: first by itself, then at the end of the walk
// from the oldest on, where it has moved to the last place.
func (b *rig) pages() int {
	each := (b.likes + pageSize - 1) / pageSize
	if each > 1 {
		each++
	}
	return len(b.accounts) * each
}

// wide measures the memory with very many calls in flight.
func (b *rig) wide(ctx context.Context) ([]figure.Figure, error) {
	flying, latency := 1024, 600*time.Millisecond
	if b.Short {
		flying, latency = 12, time.Millisecond
	}
	if err := b.latency(ctx, latency); err != nil {
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
