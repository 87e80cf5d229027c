package quota

import (
	"context"
	"fmt"
	"path/filepath"

	"collector/bench/figure"
	"collector/limit"
	"collector/limit/limittest"
	"collector/store"
	"collector/store/sqlite"
)

// Measurements are the lines of quotas.
func Measurements() []figure.Measurement {
	return []figure.Measurement{
		{Name: "quota/forms", What: "how much is used of quotas of every form, by the service's count, in virtual time", Do: forms},
		{Name: "quota/daemons", What: "how much real daemons use of a quota, by the service's count", Do: daemons},
	}
}

// large is how many calls a window has at most: enough that one call is a
// thousandth.
const large = 1000

// worst is the least used of windows of one sort.
type worst struct {
	name    string
	target  float64
	least   float64 // percent, of windows of more than 200 calls
	of      string
	lost    int // calls, of the others
	windows int
}

func (w *worst) see(k limittest.Kind, got limittest.Result, i int) {
	w.windows++
	if got.Limit <= 200*got.Cost {
		w.lost = max(w.lost, (got.Limit-got.Windows[i].Used)/got.Cost)
	} else if s := got.Share(i); s < w.least {
		w.least, w.of = s, k.Name
	}
}

func (w *worst) figure() figure.Figure {
	return figure.Figure{
		Name: "quota/forms/" + w.name, Unit: "%", Ours: w.least, Limit: w.target, AtLeast: true, Repeats: 1,
		Note: fmt.Sprintf("the worst of %d windows (%s); of windows of at most 200 calls at most %d were not used; none refused", w.windows, w.of, w.lost),
	}
}

func forms(ctx context.Context, r figure.Run) ([]figure.Figure, error) {
	most, every := large, 1
	if r.Short {
		most, every = 250, 12
	}
	one := &worst{name: "one process", target: 99, least: 100}
	two := &worst{name: "two processes", target: 99, least: 100}
	dead := &worst{name: "one of two dies", target: 98, least: 100}
	for i, k := range limittest.Kinds(most) {
		if i%every != 0 {
			continue
		}
		for _, processes := range []int{1, 2} { // of two, one dies in one of the windows
			got, err := form(ctx, r, k, fmt.Sprint(i), processes, processes == 2)
			if err == nil {
				err = got.Check(3)
			}
			if err != nil {
				return nil, fmt.Errorf("%d processes, %s: %w", processes, k.Name, err)
			}
			for w := range got.Windows {
				switch {
				case processes == 1:
					one.see(k, got, w)
				case w == got.Killed:
					dead.see(k, got, w)
				default:
					two.see(k, got, w)
				}
			}
		}
	}
	return []figure.Figure{one.figure(), two.figure(), dead.figure()}, nil
}

// form runs one kind of quota. Several processes share a SQLite file, each with
// a handle of its own.
func form(ctx context.Context, r figure.Run, k limittest.Kind, name string, processes int, kill bool) (limittest.Result, error) {
	run := limittest.Run{Kind: k, Windows: 3, Seed: r.Seed, Kill: kill}
	if r.Short { // a table in memory is enough to see that it works
		table := &limittest.Table{}
		for range processes {
			run.Stores = append(run.Stores, table)
		}
		return run.Do(ctx)
	}
	if processes == 1 {
		run.Stores = []limit.Store{&limittest.Table{}}
		return run.Do(ctx)
	}
	for i := range processes {
		s, err := sqlite.Open(ctx, filepath.Join(r.Dir, name+".db"), store.Options{Owner: fmt.Sprintf("p%d", i)})
		if err != nil {
			return limittest.Result{}, err
		}
		defer s.Close()
		run.Stores = append(run.Stores, s)
	}
	return run.Do(ctx)
}
