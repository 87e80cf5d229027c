package queuetest

import (
	"fmt"
	"sync"

	"collector/queue"
)

var crowds = []promise{
	{"ThirtyTwoClaimersGetEachOnce", crowd},
	{"OneOfManyAddsAnID", oneAdds},
	{"OneOfManyOutcomesStands", oneFinishes},
	{"TwoConnectionsShareTheJobs", shared},
}

// crowd has claimers that take a few at a time, complete, retry and snooze.
func crowd(k *kit) {
	const jobs, claimers = 2000, 32
	var all []queue.Job
	for i := range jobs {
		all = append(all, job(fmt.Sprintf("%04d", i)))
	}
	k.add(at(0), all...)
	var mu sync.Mutex
	claimed, completed := map[string]int{}, map[string]int{}
	var wait sync.WaitGroup
	for i := range claimers {
		wait.Go(func() {
			s := []queue.Store{k.s, k.Other}[i%2]
			for {
				got, err := s.Claim(k.ctx, asking(1+i%7, at(0)))
				if err != nil {
					k.Errorf("claimer %d: %v", i, err)
					return
				}
				if len(got) == 0 && finished(k, &mu, completed, jobs) {
					return
				}
				outcomes := make([]queue.Outcome, len(got))
				mu.Lock()
				for n, j := range got {
					claimed[j.Token+j.ID]++
					outcomes[n] = queue.Outcome{Ref: j.Ref(), Verb: queue.Complete}
					if j.Deliveries == 1 && len(claimed)%5 == 0 {
						outcomes[n].Verb, outcomes[n].Due = queue.Retry, at(0)
					}
				}
				mu.Unlock()
				stood, err := s.Finish(k.ctx, at(0), outcomes)
				if err != nil {
					k.Errorf("claimer %d: %v", i, err)
					return
				}
				mu.Lock()
				for n, ok := range stood {
					if !ok {
						k.Errorf("the claim of %s did not stand", outcomes[n].ID)
					} else if outcomes[n].Verb == queue.Complete {
						completed[outcomes[n].ID]++
					}
				}
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	for id, n := range completed {
		if n != 1 {
			k.Errorf("job %s was completed %d times", id, n)
		}
	}
	retried := len(claimed) - jobs
	if len(completed) != jobs || retried == 0 {
		k.Errorf("%d completed, %d retried", len(completed), retried)
	}
	k.counted(k.s, queue.DefaultQueue, func(s queue.Stats) bool {
		return s.Completed == jobs && s.Ready+s.Running == 0 && s.Retried == int64(retried)
	})
}

// finished says whether everything is completed, or the test failed.
func finished(k *kit, mu *sync.Mutex, completed map[string]int, jobs int) bool {
	mu.Lock()
	defer mu.Unlock()
	return len(completed) == jobs || k.Failed() || k.ctx.Err() != nil
}

// many calls do at once, i times through each connection, and returns how often it was true.
func (k *kit) many(do func(s queue.Store) bool) int {
	var mu sync.Mutex
	var wait sync.WaitGroup
	n := 0
	for i := range 16 {
		wait.Go(func() {
			if do([]queue.Store{k.s, k.Other}[i%2]) {
				mu.Lock()
				n++
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	return n
}

func oneAdds(k *kit) {
	for round := range 10 {
		id := fmt.Sprint("job", round)
		same(k, "added", k.many(func(s queue.Store) bool {
			added, err := s.Add(k.ctx, at(0), "", []queue.Job{job(id)})
			if err != nil {
				k.Error(err)
			}
			return len(added) == 1 && added[0]
		}), 1)
	}
	k.counted(k.s, queue.DefaultQueue, func(s queue.Stats) bool { return s.Ready == 10 && s.Added == 10 })
}

func oneFinishes(k *kit) {
	for round := range 10 {
		k.add(at(0), job(fmt.Sprint("job", round)))
		o := queue.Outcome{Ref: k.one(at(0)).Ref(), Verb: queue.Complete}
		same(k, "stood", k.many(func(s queue.Store) bool {
			stood, err := s.Finish(k.ctx, at(0), []queue.Outcome{o})
			if err != nil {
				k.Error(err)
			}
			return len(stood) == 1 && stood[0]
		}), 1)
	}
	k.counted(k.s, queue.DefaultQueue, func(s queue.Stats) bool { return s.Completed == 10 && s.Running == 0 })
}

func shared(k *kit) {
	k.add(at(0), job("a"), job("b"))
	a := k.one(at(0))
	got, err := k.Other.Claim(k.ctx, asking(5, at(0)))
	k.must(err)
	same(k, "the rest", names(got), []string{"b"})
	stood, err := k.Other.Finish(k.ctx, at(0), []queue.Outcome{{Ref: a.Ref(), Verb: queue.Complete}})
	k.must(err)
	same(k, "the token is enough", stood, []bool{true})
	k.gone("a")
}
