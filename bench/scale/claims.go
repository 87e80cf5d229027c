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

// claims makes the three stores of CompareClaims on SQLite.
func claims(ctx context.Context, r figure.Run, size Sizes, file func(string) string) (figures []figure.Figure, err error) {
	small, some, every := file("small"), file("idle"), file("every")
	err = errors.Join(buildNetworks(ctx, small, size.Few), makeDue(ctx, small, size.Few, size.Few), copyFile(some, every),
		makeDue(ctx, some, size.Few, size.Many), makeDue(ctx, every, size.Many, size.Many))
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
	return CompareClaims(ctx, "networks", size, 1.5, [3]store.Store(stores))
}

// CompareClaims lets three stores claim in turn: one of few networks that are all
// due, one of many of which as many are due, and one of many that are all due. The
// second is compared with the first, within limit, and the third with the second.
func CompareClaims(ctx context.Context, name string, size Sizes, limit float64, stores [3]store.Store) ([]figure.Figure, error) {
	took := make([][]float64, len(stores))
	for n := range size.Claims + 1 {
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
	line := func(part string, ours, floor int, limit float64, against string) figure.Figure {
		return figure.Figure{
			Name: name + "/claim/" + part, Unit: "ms", Ours: figure.Median(took[ours]), Floor: figure.Median(took[floor]),
			Against: against, Limit: limit, Repeats: size.Claims, Note: fmt.Sprintf("%d networks a claim, median of %d", claimed, size.Claims),
		}
	}
	return []figure.Figure{
		line(short(size.Many)+"-"+short(size.Few)+"-due", 1, 0, limit, what(size.Few, size.Few)),
		line(short(size.Many)+"-all-due", 2, 1, 1.5, what(size.Many, size.Few)),
	}, nil
}

// claim leases what is due first and tells how long that took.
func claim(ctx context.Context, st store.Store) (time.Duration, error) {
	now := time.Now()
	want := state.Claim{Mode: state.Normal, Owner: "bench", Now: now, Until: now.Add(time.Hour), N: claimed, Services: map[string]int{}}
	for _, name := range Services() {
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
