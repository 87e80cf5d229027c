package torture

import (
	"flag"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

var long = flag.Bool("torture.long", false, "the documented amounts, but for those that are given, and what only they can show is asserted: 1,000 kills (and 200 SIGTERM), 20 a fault point, 500 pauses, 200 failovers, 1,000 networks…: see amounts")

// patience is how long a test waits for what must come, on the slowest machine.
// Nothing measures a speed with it: a wait that ends with it is a failure.
const patience = 5 * time.Minute

// amounts are those that the promises name, by flag.
var amounts = map[string]string{
	"torture.kills": "1200", "torture.points": "20", "torture.pauses": "500", "torture.restarts": "200",
	"torture.backups": "100", "torture.jumps": "200", "torture.failovers": "200",
	"torture.networks": "1000", "torture.disorder": "10m",
	"torture.toxics": "1", "torture.wirefaults": "1000",
	"torture.stomp": "10000", "torture.stomp.flood": "200", "torture.soak": "2h",
}

// noAmounts are the flags that say something else.
var noAmounts = []string{"torture.long", "torture.seed", "torture.store", "torture.soak.csv", "torture.toxicstep"}

// documented gives every amount that the command line left out the one that the
// promises name.
func documented() {
	flag.Parse()
	if !*long {
		return
	}
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	for name, amount := range amounts {
		if given[name] || flag.Lookup(name) == nil { // some tests are of one system alone
			continue
		}
		if err := flag.Set(name, amount); err != nil {
			panic(err) // the list is wrong: TestEveryAmountIsDocumented says in what
		}
	}
}

// TestEveryAmountIsDocumented: a long run leaves no amount as small as every change has it.
func TestEveryAmountIsDocumented(t *testing.T) {
	flag.VisitAll(func(f *flag.Flag) {
		if !strings.HasPrefix(f.Name, "torture.") || slices.Contains(noAmounts, f.Name) {
			return
		}
		amount, there := amounts[f.Name]
		copied := reflect.New(reflect.TypeOf(f.Value).Elem()).Interface().(flag.Value)
		if err := copied.Set(amount); !there || err != nil || amount == f.DefValue {
			t.Errorf("-%s: the documented amount is %q, the one of every change %q: %v", f.Name, amount, f.DefValue, err)
		}
	})
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
