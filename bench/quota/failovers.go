package quota

import (
	"context"
	"errors"
	"fmt"
	"time"

	"collector/bench/figure"
	"collector/simulate"
)

// Lose has a database that is whole lose the server that takes writes, in the round-th
// way. It says what became of it, and returns what brings it back once others have gone
// on, until all is whole again.
type Lose func(ctx context.Context, round int) (says string, after func(context.Context) error, err error)

// trial is a run of processes whose database loses its primary.
type trial struct {
	limit, rounds int
	per, busy     time.Duration // of a window: its length, and how long its calls take, as fast as the service answers
	spent         int           // calls of a window when the primary is lost
	late          time.Duration // for a round at most
}

// outcome is what came of it.
type outcome struct {
	windows []simulate.Window // full ones that were over
	refused int               // calls over the quota, of all windows
	done    done
}

// Failovers measures the four processes of Crowd while their database loses its primary
// once in each window, of which three are whole. They are of 110 s, and it is lost early
// in each: what was granted and not settled then is waited for as long as in an hour, for
// 80 s, before others may have it.
func Failovers(ctx context.Context, r figure.Run, in Place, lose Lose) ([]figure.Figure, error) {
	t := trial{limit: hourly, rounds: 4, per: 110 * time.Second, busy: 55 * time.Second, spent: hourly / 10, late: 10 * time.Minute}
	if r.Short {
		t = brief(2)
	}
	o, err := t.run(ctx, r, in, lose)
	if err != nil {
		return nil, err
	}
	if o.refused > 0 {
		return nil, fmt.Errorf("%d calls over the quota", o.refused)
	}
	if len(o.windows) < t.rounds-1 {
		return nil, fmt.Errorf("%d full windows are too few", len(o.windows))
	}
	least := t.limit
	for _, w := range o.windows {
		least = min(least, w.Used)
	}
	return []figure.Figure{{
		Name: in.Name + "/used", Unit: "%", Ours: 100 * float64(least) / float64(t.limit), Limit: 99, AtLeast: true, Repeats: 1,
		Note: fmt.Sprintf("the worst of %d windows, by the service's count; %d calls in %v, %d processes of %d workers, the primary of three servers lost %d times; the store could not be had for %d calls; none refused",
			len(o.windows), t.limit, t.per, crowdSize, crowdWorkers, t.rounds, o.done.failed),
	}}, nil
}

// brief is a trial of small windows, most of which is left when their calls are spent:
// also where the primary is lost then, what the next one grants is of the same window.
func brief(rounds int) trial {
	return trial{limit: 400, rounds: rounds, per: 10 * time.Second, busy: 2 * time.Second, spent: 200, late: 5 * time.Minute}
}

// run lets the processes spend. In each round the primary is lost once a part of a window
// is spent; the next round begins when a window that began afterwards is spent from, which
// takes a primary.
func (t trial) run(ctx context.Context, r figure.Run, in Place, lose Lose) (o outcome, err error) {
	c := &crowd{Run: r, limit: t.limit, per: t.per, busy: t.busy}
	end, err := c.begin(ctx, in, "failover", 0)
	defer func() {
		err = errors.Join(err, end())
		o.done = c.done
		o.refused = c.sim.Refused() // also of the calls that were under way until now
	}()
	if err != nil {
		return o, err
	}
	for round := range t.rounds {
		if err := t.round(ctx, c, round, lose); err != nil {
			return o, fmt.Errorf("failover %d: %w", round, err)
		}
	}
	all := c.sim.Windows(crowdKey)
	o.windows = all[1 : len(all)-1] // in the first one the processes began, the last one is not over
	for _, w := range o.windows {
		c.Log("a window of %d: %d used, %d refused", w.Limit, w.Used, w.Refused)
	}
	return o, nil
}

func (t trial) round(ctx context.Context, c *crowd, round int, lose Lose) error {
	ctx, cancel := context.WithTimeout(ctx, t.late)
	defer cancel()
	if err := c.until(ctx, func(w simulate.Window) bool { return w.Used >= t.spent && w.Used < t.limit }); err != nil {
		return err
	}
	begun := c.sim.Now()
	says, after, err := lose(ctx, round)
	if err != nil {
		return err
	}
	lost := c.sim.Now()
	if err := c.until(ctx, func(w simulate.Window) bool { return w.Start.After(lost) && w.Used >= t.limit/10 }); err != nil {
		return fmt.Errorf("the primary %s: %w", says, err)
	}
	c.Log("round %d: the primary %s after %v; the next window was spent from %v later", round, says, lost.Sub(begun).Round(time.Millisecond), c.sim.Now().Sub(lost).Round(time.Millisecond))
	return after(ctx)
}

// until waits until the newest window is as is wanted.
func (c *crowd) until(ctx context.Context, is func(simulate.Window) bool) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if all := c.sim.Windows(crowdKey); len(all) > 0 && is(all[len(all)-1]) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for calls: %w", context.Cause(ctx))
		case <-tick.C:
		}
	}
}
