package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/anishathalye/porcupine"

	"collector/limit"
	"collector/store"
)

// rowsOfHistory is how many rows the calls of one history share.
const rowsOfHistory = 3

// rewritten is a change of some rows, or a look at all of them.
type rewritten struct {
	Rows    [rowsOfHistory]bool // false for all: a look
	Into    int
	Refused bool // the change is given up after it was made
}

// values are what the rows hold; those that a change does not touch are 0 in its
// answer.
type values [rowsOfHistory]int

// quotaRows has 8 clients change several rows at a time, some of them in vain,
// and read all: each call sees what the one before it left, in all rows.
func quotaRows(k *kit) {
	given, looks := 0, 0
	for round := range max(k.Histories, 2) {
		ops := rewrite(k, uint64(round+1))
		k.linear(manyRows(), ops, fmt.Sprintf("the rows of quotas, seed %d", round+1))
		for _, op := range ops {
			if in := op.Input.(rewritten); in.Refused {
				given++
			} else if in.Rows == [rowsOfHistory]bool{} {
				looks++
			}
		}
	}
	if given == 0 || looks == 0 {
		k.Errorf("%d changes given up and %d looks: this proved too little", given, looks)
	}
}

func rewrite(k *kit, seed uint64) (ops []porcupine.Operation) {
	prefix := fmt.Sprintf("rows%d/", seed)
	var order, into atomic.Int64
	var mu sync.Mutex
	var all sync.WaitGroup
	for i := range linearClients {
		all.Go(func() {
			rnd := rand.New(rand.NewPCG(seed, uint64(i)))
			s := []store.Store{k.a, k.b}[i%2]
			for range 25 {
				in := rewritten{}
				if rnd.IntN(3) > 0 {
					in.Into, in.Refused = int(into.Add(1)), rnd.IntN(5) == 0
					for n := range in.Rows {
						in.Rows[n] = rnd.IntN(2) == 0
					}
					in.Rows[rnd.IntN(rowsOfHistory)] = true
				}
				begun := order.Add(1)
				out, err := in.on(k, s, prefix)
				ended := order.Add(1)
				if err != nil {
					k.Errorf("seed %d: %v", seed, err)
				}
				mu.Lock()
				ops = append(ops, porcupine.Operation{ClientId: i, Input: in, Call: begun, Output: out, Return: ended})
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return ops
}

// on does it, and tells what was seen.
func (in rewritten) on(k *kit, s store.Store, prefix string) (seen values, err error) {
	place := func(key string) int { return slices.Index(strings.Split("abc", ""), strings.TrimPrefix(key, prefix)) }
	if in.Rows == [rowsOfHistory]bool{} {
		rows, err := s.Quotas(k.ctx, prefix)
		for _, r := range rows {
			seen[place(r.Key)] = r.Used
		}
		return seen, err
	}
	var keys []string
	for n, wanted := range in.Rows {
		if wanted {
			keys = append(keys, prefix+"abc"[n:n+1])
		}
	}
	givenUp := errors.New("given up")
	err = s.UpdateQuotas(k.ctx, keys, func(rows []*limit.Row) error {
		seen = values{}
		for _, r := range rows {
			seen[place(r.Key)], r.Used = r.Used, in.Into
		}
		runtime.Gosched() // others come in between, if they can
		if in.Refused {
			return givenUp
		}
		return nil
	})
	if in.Refused && errors.Is(err, givenUp) {
		err = nil
	}
	return seen, err
}

// manyRows is what the rows hold when one call follows another.
func manyRows() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return values{} },
		Step: func(s, in, out any) (bool, any) {
			held, change, seen := s.(values), in.(rewritten), out.(values)
			look := change.Rows == [rowsOfHistory]bool{}
			for n, at := range held {
				if (look || change.Rows[n]) && seen[n] != at {
					return false, held
				}
				if change.Rows[n] && !change.Refused {
					held[n] = change.Into
				}
			}
			return true, held
		},
		DescribeOperation: func(in, out any) string { return fmt.Sprintf("%+v -> %v", in, out) },
		DescribeState:     func(s any) string { return fmt.Sprint(s) },
	}
}
