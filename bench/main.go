// Command bench measures the program beside a floor or a rival: what bare code
// needs for the same work, on the same machine, in the same run. Machines differ
// and are noisy; the ratio of the two is what can be compared, with a target and
// with the committed figures of bench/figures.json.
//
// Usage, from the repository's root:
//
//	go run ./bench [-short] [-repeats n] [-update] [-keep folder] [name …]
//
// A name chooses a measurement, or all that begin with it. -short runs small
// amounts, to see that everything works; its figures mean nothing. -update
// writes the figures to bench/figures.json. -keep names a folder in which the large
// stores of searches and pages stay, for the next run to measure without making them
// again: some gigabytes.
//
// A figure counts as worse than the committed one when what is compared moved in
// the bad direction by more than 15 % where it is a ratio to a floor of the same
// run, and by more than 30 % where it is not, since there nothing cancels out the
// machine; or when its target was reached and is not any more.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"collector/bench/decode"
	"collector/bench/figure"
	"collector/bench/fleet"
	"collector/bench/freshness"
	"collector/bench/headline"
	"collector/bench/jobs"
	"collector/bench/mongo"
	"collector/bench/pages"
	"collector/bench/quota"
	"collector/bench/scale"
	"collector/bench/search"
	"collector/bench/stomp"
	"collector/bench/topics"
	"collector/bench/webhooks"
)

// measurements lists what is measured, in the order in which it is run.
func measurements() []figure.Measurement { return append(alone(), onMongo()...) }

// alone lists what needs nothing but Go.
func alone() []figure.Measurement {
	var all []figure.Measurement
	all = append(all, headline.Measurements()...)
	all = append(all, decode.Measurements()...)
	all = append(all, freshness.Measurements()...)
	all = append(all, quota.Measurements()...)
	all = append(all, fleet.Measurements()...)
	all = append(all, scale.Measurements()...)
	all = append(all, jobs.Measurements()...)
	all = append(all, stomp.Measurements()...)
	all = append(all, topics.Measurements()...)
	all = append(all, webhooks.Measurements()...)
	all = append(all, search.Alone()...)
	all = append(all, pages.Alone()...)
	return all
}

// onMongo lists what needs a MongoDB server.
func onMongo() []figure.Measurement {
	return append(append(mongo.Measurements(), search.OnMongo()...), pages.OnMongo()...)
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, ".", os.Args[1:], measurements(), os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options are what the command line says.
type options struct {
	short, update bool
	repeats       int
	keep          string
	names         []string
}

func parse(args []string, talk io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(talk)
	flags.BoolVar(&o.short, "short", false, "small amounts, to see that everything works")
	flags.BoolVar(&o.update, "update", false, "write the figures to "+committed)
	flags.IntVar(&o.repeats, "repeats", 3, "pairs of ours and floor, interleaved")
	flags.StringVar(&o.keep, "keep", "", "a folder in which large stores stay for the next run")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.names = flags.Args()
	switch {
	case o.repeats < 1:
		return o, errors.New("-repeats must be at least 1")
	case o.short && o.update:
		return o, errors.New("-short figures mean nothing and are not kept: leave out -update")
	case o.short && o.keep != "":
		return o, errors.New("-short makes small stores, which are not kept: leave out -keep")
	}
	return o, nil
}

// chosen returns the measurements that the names mean: all, if there are none.
func chosen(all []figure.Measurement, names []string) ([]figure.Measurement, error) {
	if len(names) == 0 {
		return all, nil
	}
	var out []figure.Measurement
	used := make([]bool, len(names))
	for _, m := range all {
		fits := false
		for i, name := range names {
			if strings.HasPrefix(m.Name, name) {
				fits, used[i] = true, true
			}
		}
		if fits {
			out = append(out, m)
		}
	}
	for i, name := range names {
		if !used[i] {
			return nil, fmt.Errorf("nothing that is measured begins with %q", name)
		}
	}
	return out, nil
}

// run measures and reports. What cannot be measured is an error at the end; the
// rest is measured all the same.
func run(ctx context.Context, root string, args []string, all []figure.Measurement, out, talk io.Writer) error {
	o, err := parse(args, talk)
	if err != nil {
		return err
	}
	todo, err := chosen(all, o.names)
	if err != nil {
		return err
	}
	before, err := load(filepath.Join(root, committed))
	if err != nil {
		return err
	}
	here := thisMachine(time.Now())
	fmt.Fprintln(out, here)
	var figures []figure.Figure
	var failed, leftOut []error
	for _, m := range todo {
		start := time.Now()
		fmt.Fprintf(talk, "%s: %s\n", m.Name, m.What)
		fs, err := measure(ctx, root, m, o, talk)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errors.Is(err, figure.ErrLeftOut) {
			leftOut = append(leftOut, fmt.Errorf("%s: %w", m.Name, err))
		} else if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", m.Name, err))
			fmt.Fprintf(talk, "%s: %v\n", m.Name, err)
		}
		fmt.Fprintf(talk, "%s: %.1f s\n", m.Name, time.Since(start).Seconds())
		figures = append(figures, fs...)
	}
	table(out, figures)
	for _, err := range leftOut {
		fmt.Fprintf(out, "\n%v\n", err)
	}
	if o.short {
		fmt.Fprintln(out, "\nshort amounts: these figures mean nothing")
		return errors.Join(failed...)
	}
	compare(out, before, figures)
	if o.update && len(failed) == 0 {
		return save(filepath.Join(root, committed), before.with(here, figures))
	}
	return errors.Join(failed...)
}

// measure runs one measurement in an empty folder of its own.
func measure(ctx context.Context, root string, m figure.Measurement, o options, talk io.Writer) (fs []figure.Figure, err error) {
	dir, err := os.MkdirTemp("", "collector-bench-")
	if err != nil {
		return nil, fmt.Errorf("making a folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	return m.Do(ctx, figure.Run{
		Root: root, Dir: dir, Keep: o.keep, Short: o.short, Repeats: o.repeats, Seed: 1,
		Log: func(format string, args ...any) { fmt.Fprintf(talk, "  "+format+"\n", args...) },
	})
}
