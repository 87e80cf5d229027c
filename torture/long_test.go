package torture

import (
	"flag"
	"slices"
	"time"
)

var long = flag.Bool("torture.long", false, "the documented amounts, and what only they can show is asserted: 1,000 kills (and 200 SIGTERM), 20 a fault point, 500 pauses, 200 restarts, 100 backups")

// patience is how long a test waits for what must come, on the slowest machine.
// Nothing measures a speed with it: a wait that ends with it is a failure.
const patience = 5 * time.Minute

// documented gives every amount that the command line left out the one that the
// promises name.
func documented() {
	flag.Parse()
	if !*long {
		return
	}
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	for name, at := range map[string]struct {
		amount *int
		long   int
	}{
		"torture.kills": {kills, 1200}, "torture.points": {points, 20}, "torture.pauses": {pauses, 500}, "torture.restarts": {restarts, 200},
		"torture.backups": {backups, 100}, "torture.jumps": {jumps, 200},
	} {
		if !given[name] {
			*at.amount = at.long
		}
	}
}

// share returns the value below which a share (0 to 1) of all lies.
func share[T any](all []T, part float64, compare func(a, b T) int) (at T) {
	if len(all) == 0 {
		return at
	}
	sorted := slices.SortedFunc(slices.Values(all), compare)
	return sorted[min(len(sorted)-1, int(part*float64(len(sorted))))]
}

// spread tells the middle, the slow hundredth and the slowest of times, in words.
func spread(all []time.Duration) string {
	q := func(part float64) string {
		return share(all, part, func(a, b time.Duration) int { return int(a - b) }).Round(time.Millisecond).String()
	}
	return "median " + q(0.5) + ", 99 % within " + q(0.99) + ", at most " + q(1)
}
