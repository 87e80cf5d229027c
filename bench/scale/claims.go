package scale

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"collector/bench/figure"
	"collector/state"
	"collector/store"
	"collector/store/sqlite"
)

// claimed is how many networks one claim leases.
const claimed = 100

// claims compares claims of three stores, one after the other in turn: few
// networks that are all due, many of which as many are due, and many all due.
func claims(ctx context.Context, r figure.Run, size sizes, file func(string) string) (figures []figure.Figure, err error) {
	small, some, every := file("small"), file("idle"), file("every")
	err = errors.Join(buildNetworks(ctx, small, size.few), makeDue(ctx, small, size.few, size.few), copyFile(some, every),
		makeDue(ctx, some, size.few, size.many), makeDue(ctx, every, size.many, size.many))
	if err != nil {
		return nil, err
	}
	stores := make([]store.Store, 3)
	for i, path := range []string{small, some, every} {
		if stores[i], err = sqlite.Open(ctx, path, store.Options{Owner: "bench", Lease: time.Hour}); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, stores[i].Close()) }()
	}
	took := make([][]float64, len(stores))
	for n := range size.claims + 1 {
		for i, st := range stores {
			d, err := claim(ctx, st)
			if err != nil {
				return nil, fmt.Errorf("claim %d of store %d: %w", n+1, i+1, err)
			}
			if n > 0 { // the first one prepares its statements
				took[i] = append(took[i], milliseconds(d))
			}
		}
	}
	what := func(all, due int) string {
		return fmt.Sprintf("the same with %s networks, %s due", short(all), short(due))
	}
	line := func(name string, ours, floor int, limit float64, against string) figure.Figure {
		return figure.Figure{
			Name: "networks/claim/" + name, Unit: "ms", Ours: figure.Median(took[ours]), Floor: figure.Median(took[floor]),
			Against: against, Limit: limit, Repeats: size.claims, Note: fmt.Sprintf("%d networks a claim, median of %d", claimed, size.claims),
		}
	}
	return []figure.Figure{
		line(short(size.many)+"-"+short(size.few)+"-due", 1, 0, 1.5, what(size.few, size.few)),
		line(short(size.many)+"-all-due", 2, 1, 1.5, what(size.many, size.few)),
	}, nil
}

// claim leases what is due first and tells how long that took.
func claim(ctx context.Context, st store.Store) (time.Duration, error) {
	now := time.Now()
	want := state.Claim{Mode: state.Normal, Owner: "bench", Now: now, Until: now.Add(time.Hour), N: claimed, Services: map[string]int{}}
	for _, name := range serviceNames() {
		want.Services[name] = claimed
	}
	start := time.Now()
	got, err := st.Claim(ctx, want)
	took := time.Since(start)
	if err == nil && len(got) != claimed {
		err = fmt.Errorf("a claim of %d networks got %d", claimed, len(got))
	}
	return took, err
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close() // it was only read
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
