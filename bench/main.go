// Command bench measures the whole program: the built binary, as a process of
// its own on an SQLite file, against simulated services that answer after a given
// latency. It prints, side by side,
//
//   - items a second, while every network's history is read for the first time,
//   - networks a minute, while each is polled and has nothing new,
//
// and the floor of each: the same calls again, as many at once and one at a time
// for each account, by a bare HTTP client that throws the replies away. What lies
// between the two is what the program costs: reading, mapping, storing, indexing
// for the search, and deciding when to come back. Only the ratio of the two can
// be compared between machines.
//
// Usage, from the repository's root: go run ./bench [-networks 300] [-likes 200]
// [-latency 20ms] [-workers 16] [-services github]
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"time"

	"collector/simulate"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, ".", os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// amounts are what is measured.
type amounts struct {
	networks, likes, workers int
	latency                  time.Duration
	services                 []string
}

func run(ctx context.Context, root string, args []string, out io.Writer) (err error) {
	var a amounts
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.IntVar(&a.networks, "networks", 300, "how many")
	flags.Func("services", "comma-separated, in turn; accounts of mastodon and bluesky share one server here and so its pace (default github)", func(text string) error {
		a.services = strings.Split(text, ",")
		return nil
	})
	flags.IntVar(&a.likes, "likes", 200, "of each network")
	flags.IntVar(&a.workers, "workers", 16, "networks that are read at the same time")
	flags.DurationVar(&a.latency, "latency", 20*time.Millisecond, "of each answer of a service")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if a.services == nil {
		a.services = []string{simulate.GitHub}
	}
	if a.networks < 1 || a.likes < 1 || a.workers < 1 || a.latency < 0 {
		return fmt.Errorf("every amount must be at least 1, and the latency not below 0")
	}
	fmt.Fprintf(out, "%d networks (%s) with %d likes each, %v latency, %d workers; %s, %d processors\n\n",
		a.networks, strings.Join(a.services, ", "), a.likes, a.latency, a.workers, runtime.Version(), runtime.NumCPU())

	b, err := newRig(ctx, root, a)
	if err != nil {
		return err
	}
	defer func() {
		if e := b.close(); err == nil {
			err = e
		}
	}()
	fmt.Fprintf(out, "%-22s %12s %12s %10s %10s %8s %8s\n", "", "collector", "floor", "seconds", "floor", "ratio", "calls")
	for _, phase := range []struct {
		title string
		run   func(context.Context) (time.Duration, error)
		rate  func(time.Duration) float64
	}{
		{"items a second", b.backfill, func(d time.Duration) float64 { return float64(a.networks*a.likes) / d.Seconds() }},
		{"networks a minute", b.poll, func(d time.Duration) float64 { return float64(a.networks) / d.Minutes() }},
	} {
		b.mark()
		took, err := phase.run(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", phase.title, err)
		}
		calls := b.calls()
		least, err := b.floor(ctx, calls)
		if err != nil {
			return fmt.Errorf("the floor of %s: %w", phase.title, err)
		}
		fmt.Fprintf(out, "%-22s %12.0f %12.0f %10.2f %10.2f %8.2f %8d\n", phase.title,
			phase.rate(took), phase.rate(least), took.Seconds(), least.Seconds(), took.Seconds()/least.Seconds(), count(calls))
	}
	return b.check()
}
