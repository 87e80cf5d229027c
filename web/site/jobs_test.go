package site

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"collector/queue"
	queuememory "collector/queue/memory"
	"collector/store/memory"
)

// looks refuses a list without a bound, or with a greater one than a page has.
type looks struct {
	queue.Store
	t *testing.T
}

func (l looks) Jobs(ctx context.Context, f queue.Filter, p queue.Page) ([]queue.Job, string, error) {
	if f.ID == "" && (p.Look < 1 || p.Look > mostLooked) && f.State != queue.Running {
		l.t.Errorf("%+v is listed by %+v", f, p)
	}
	return l.Store.Jobs(ctx, f, p)
}

// TestJobsAreLookedForInParts: a page looks at a bounded part of the jobs, says so, and
// leads on to what it did not look at.
func TestJobsAreLookedForInParts(t *testing.T) {
	w := seeded(t, memory.New())
	w.atWork()
	jobs := queuememory.New()
	w.config.Work.Jobs = func(_ context.Context, _ bool, fn func([]queue.Store) error) error {
		return fn([]queue.Store{looks{jobs, t}})
	}
	w.open()
	w.add(jobs, queue.Job{ID: "00000", Queue: "seldom", Kind: "seldom"})
	w.dies(jobs, "seldom", "resolves to nothing")
	var many []queue.Job
	for i := range mostLooked {
		many = append(many, queue.Job{ID: fmt.Sprintf("%05d", i+1), Queue: "calls", Kind: "call"})
	}
	w.add(jobs, many...)
	b := w.as("")
	a := b.get("/workers?find=resolves+to&as=error").is(200, "none of the newest match", "looks at 5,000 jobs at a time", "look for it as a kind", "!00000", "!No job matches")
	further := ""
	for _, l := range a.all("a") {
		if to := value(l, "href"); strings.Contains(to, "after=") {
			further = to
		}
	}
	b.get(withoutPlace(further)).is(200, "00000", "resolves to nothing", "!looks at 5,000")
	b.get("/workers?find=seldom").is(200, "none of the newest match", "Look further", "!as a kind") // the oldest say that it is one
	b.get("/workers?find=call").is(200, "more than 500 match", "05000")
	b.get("/workers?queue=seldom").is(200, "1 matches", "Look further")
	b.post("/jobs", "do", "delete", "which", "all", "match", "find=resolves+to&as=error").is(200, "Delete all jobs that match?")
	w.add(jobs, queue.Job{ID: "99999", Queue: "fresh", Kind: "seldom"})
	b.post("/jobs", "do", "delete", "which", "all", "match", "find=seldom&as=kind").is(200, "Delete at least 1 job?")
	b.get("/workers?find=seldom").is(200, "at least 1 match", "all that match", "99999", "!00000")
}
