// Command mutants shows that the tests bite. Each file of the folder mutants/
// is one way to break a promise of the product: a text to replace, and the test
// that must turn red when it is. The command
//
//  1. runs the test on the tree as it is: it must be green,
//  2. lays the change over the tree (go's -overlay; no file is touched) and
//     builds: a mutant that does not compile proves nothing, and is an error,
//  3. runs the test again: it must be red.
//
// A mutant that lives, or whose test is red without it, is looked at up to twice more when
// all others are done, with the machine to itself: a test that waits for other processes may
// have had no room. The table keeps all lines, so that a test that fails at times is seen.
//
// Usage, from the repository's root:
//
//	go run ./scripts/mutants [-j 2] [-each 1 [-turn 7]] [-v] [word…]
//
// With words only the mutants are run whose name or promise contains one, with
// -each at most so many of each promise: the short form of `make test`. Which
// of them goes by -turn: with each next number the next so many. It prints a
// table and ends with status 1 when one mutant lives.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, ".", os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

// verdict is a line of the table.
type verdict struct {
	mutant mutant
	good   bool
	chance bool   // what is wrong may be of the moment
	text   string // "red", or what is wrong
	detail string // output of the run, for what is wrong
	took   time.Duration
}

func run(ctx context.Context, root string, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("mutants", flag.ContinueOnError)
	jobs := flags.Int("j", max(1, runtime.NumCPU()), "how many at a time")
	each := flags.Int("each", 0, "at most so many of each promise; 0 all")
	turn := flags.Uint("turn", 0, "which ones of each promise, where there are more than -each")
	verbose := flags.Bool("v", false, "print what the red tests said")
	if err := flags.Parse(args); err != nil {
		return err
	}
	root, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	mutants, err := load(filepath.Join(root, "mutants"), flags.Args())
	if err != nil {
		return err
	}
	if *each > 0 {
		mutants = some(mutants, *each, int(*turn%turns))
	}
	if len(mutants) == 0 {
		return fmt.Errorf("no mutant in mutants/ fits %q", flags.Args())
	}
	scratch, err := os.MkdirTemp("", "mutants-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)

	all, living := len(mutants), 0
	for look := 1; len(mutants) > 0; look++ {
		var again []mutant
		for v := range examineAll(ctx, &runner{root: root, scratch: scratch}, mutants, *jobs) {
			if look > 1 {
				v.text = fmt.Sprintf("look %d: %s", look, v.text)
			}
			v.print(out, *verbose)
			switch {
			case v.chance && look < looks:
				again = append(again, v.mutant)
			case !v.good:
				living++
			}
		}
		mutants, *jobs = again, 1
	}
	if living > 0 {
		return fmt.Errorf("%d of %d did not turn their test red", living, all)
	}
	fmt.Fprintf(out, "%d mutants, each turns its test red\n", all)
	return nil
}

func (v verdict) print(out io.Writer, verbose bool) {
	fmt.Fprintf(out, "%-16s %5.1f s  %-36s %s\n", v.text, v.took.Seconds(), v.mutant.name, v.mutant.promise)
	if !v.good || verbose {
		fmt.Fprint(out, indent(v.detail))
	}
}

// looks is how often a mutant is looked at before it is said to live.
const looks = 3

// turns is how many turns there are before they begin anew: more than any promise has mutants.
const turns = 1 << 28

// some returns n mutants of each promise, the first ones at turn 0, the next ones at turn 1,
// and so on in a circle.
func some(mutants []mutant, n, turn int) []mutant {
	promise := func(m mutant) string {
		p, _, _ := strings.Cut(m.promise, ":")
		return p
	}
	all, seen := map[string]int{}, map[string]int{}
	for _, m := range mutants {
		all[promise(m)]++
	}
	return slices.DeleteFunc(mutants, func(m mutant) bool {
		p := promise(m)
		place := seen[p] - turn*n%all[p]
		seen[p]++
		return (place+all[p])%all[p] >= n
	})
}

// examineAll examines some at a time and yields the verdicts as they come.
func examineAll(ctx context.Context, r *runner, mutants []mutant, jobs int) <-chan verdict {
	next, verdicts := make(chan mutant), make(chan verdict)
	var workers sync.WaitGroup
	for range max(1, jobs) {
		workers.Go(func() {
			for m := range next {
				verdicts <- examine(ctx, r, m)
			}
		})
	}
	go func() {
		for _, m := range mutants {
			next <- m
		}
		close(next)
		workers.Wait()
		close(verdicts)
	}()
	return verdicts
}

func examine(ctx context.Context, r *runner, m mutant) verdict {
	changed, err := m.apply(r.root)
	if err != nil {
		return verdict{mutant: m, text: "STALE", detail: err.Error()}
	}
	if before := r.baseline(ctx, m); before.colour != green {
		return verdict{m, false, before.colour == red, "BASELINE", "without the change: " + string(before.colour) + "\n" + before.output, before.took}
	}
	got := r.exercise(ctx, m, changed)
	switch got.colour {
	case red:
		return verdict{m, true, false, "red", got.output, got.took}
	case green:
		return verdict{m, false, true, "LIVES", m.test + " in " + m.pkg + " is still green", got.took}
	default:
		return verdict{m, false, false, strings.ToUpper(string(got.colour)), got.output, got.took}
	}
}

// indent shows at most the last 25 lines of an output.
func indent(output string) string {
	lines := strings.Split(strings.TrimSpace(output), "\n")
	lines = lines[max(0, len(lines)-25):]
	return "    " + strings.Join(lines, "\n    ") + "\n"
}
