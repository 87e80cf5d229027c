package pages

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"collector/bench/figure"
	"collector/bench/search"
	"collector/queue"
	queuemongo "collector/queue/mongo"
	queuesqlite "collector/queue/sqlite"
	"collector/store/mongo"
	"collector/store/sqlite"
)

// The jobs: of each thousand that are added some end badly, some are kept, and half are
// not due yet. The oldest few are alone of their queue, kind and error.
const (
	manyJobs  = 1_000_000
	fewJobs   = 3000
	jobsBatch = 1000
	died      = 20
	keptDone  = 10
	inHand    = 100
	rareJobs  = 300
)

// prefixed begins the names of the collections of jobs.
const prefixed = "bench_jobs_"

// ofJobs measures the page of workers beside a million jobs.
func ofJobs(ctx context.Context, r figure.Run, name string, l *search.Library) (out []figure.Figure, err error) {
	jobs, closing, err := openJobs(ctx, l, name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closing()) }()
	n := manyJobs
	if r.Short {
		n = fewJobs
	}
	made := filepath.Join(l.Dir, "jobs-whole")
	if _, there := os.Stat(made); there != nil {
		began := time.Now()
		if err := fillJobs(ctx, jobs, n); err != nil {
			return nil, err
		}
		if err := os.WriteFile(made, nil, 0o600); err != nil {
			return nil, fmt.Errorf("noting that the jobs are there: %w", err)
		}
		r.Log("%d jobs are there after %.1f s", n, time.Since(began).Seconds())
	}
	pages, err := jobPages(ctx, jobs)
	if err != nil {
		return nil, err
	}
	server, err := serve(l.Store, operator, []queue.Store{jobs})
	if err != nil {
		return nil, err
	}
	defer server.Close()
	a := &asking{to: server.URL, log: r.Log, cpu: l.CPU}
	return a.measure(ctx, r, name, pages)
}

// openJobs opens the jobs beside the likes: a file, or collections of the same database.
// What a run that did not end has left is not used.
func openJobs(ctx context.Context, l *search.Library, name string) (queue.Store, func() error, error) {
	if shared, ok := l.Store.(*mongo.Store); ok {
		jobs, err := queuemongo.Open(ctx, shared.Database(), queuemongo.Options{Prefix: prefixed})
		if err != nil {
			return nil, nil, fmt.Errorf("%s: opening the jobs: %w", name, err)
		}
		return jobs, func() error { jobs.Close(); return nil }, nil
	}
	db, err := sqlite.Beside(ctx, filepath.Join(l.Dir, "library.db.jobs"))
	if err != nil {
		return nil, nil, fmt.Errorf("%s: opening the jobs: %w", name, err)
	}
	jobs, err := queuesqlite.Open(ctx, db)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("%s: opening the jobs: %w", name, err), db.Close())
	}
	return jobs, func() error { return errors.Join(jobs.Close(), db.Close()) }, nil
}

// fillJobs adds n jobs to a store, which may hold some that a run has left.
func fillJobs(ctx context.Context, s queue.Store, n int) error {
	now := search.Noon().Add(-24 * time.Hour)
	if _, err := queue.Remove(ctx, s, queue.Filter{}); err != nil {
		return fmt.Errorf("removing the jobs of another run: %w", err)
	}
	rare := make([]queue.Job, rareJobs)
	for i := range rare {
		rare[i] = queue.Job{Queue: "seldom", Kind: "seldom", Data: data(i), Due: now.Add(48 * time.Hour)}
	}
	if err := addJobs(ctx, s, now, rare); err != nil {
		return err
	}
	for i := range n / jobsBatch {
		now = now.Add(time.Second)
		batch := make([]queue.Job, jobsBatch)
		for j := range batch {
			batch[j] = queue.Job{Queue: "calls", Kind: "call", Data: data(i*jobsBatch + j), MaxAttempts: 8}
			switch {
			case j < keptDone: // these are claimed first
				batch[j].Queue, batch[j].Kind, batch[j].Keep = "exports", "export", 48*time.Hour
			case j%2 == 1:
				batch[j].Due = now.Add(time.Duration(j) * time.Minute)
			}
		}
		if err := addJobs(ctx, s, now, batch); err != nil {
			return err
		}
		bad := fmt.Sprintf("the receiver answered 503 Service Unavailable to call %d", i)
		if i == 0 {
			bad = "the address resolves to nothing"
		}
		if err := errors.Join(end(ctx, s, now, "exports", keptDone, queue.Complete, ""), end(ctx, s, now, "calls", died, queue.Bury, bad)); err != nil {
			return err
		}
	}
	_, err := s.Claim(ctx, queue.Claim{Queue: "calls", N: inHand, Owner: "bench", Now: now, Until: now.Add(48 * time.Hour)})
	return err
}

// data is what a job holds, of the length of a webhook's.
func data(i int) []byte {
	return fmt.Appendf(nil, `{"endpoint":"bench","at":%d,"network":"list00","kind":"poll","item":"%0120d"}`, i, i)
}

func addJobs(ctx context.Context, s queue.Store, now time.Time, jobs []queue.Job) error {
	for i := range jobs {
		jobs[i].ID = queue.NewID(now.Add(time.Duration(i) * time.Microsecond))
	}
	if _, err := s.Add(ctx, now, "", jobs); err != nil {
		return fmt.Errorf("adding jobs: %w", err)
	}
	return nil
}

// end claims n jobs of a queue and ends them in one way.
func end(ctx context.Context, s queue.Store, now time.Time, of string, n int, verb queue.Verb, because string) error {
	got, err := s.Claim(ctx, queue.Claim{Queue: of, N: n, Owner: "bench", Now: now, Until: now.Add(time.Hour)})
	if err != nil || len(got) != n {
		return fmt.Errorf("claiming jobs: %d of %d, %w", len(got), n, err)
	}
	var outcomes []queue.Outcome
	for _, j := range got {
		outcomes = append(outcomes, queue.Outcome{Ref: j.Ref(), Verb: verb, Error: because})
	}
	if _, err := s.Finish(ctx, now, outcomes); err != nil {
		return fmt.Errorf("ending jobs: %w", err)
	}
	return nil
}

// jobPages are the page of workers and each way to choose among the jobs, and what is asked
// before all that match are deleted.
func jobPages(ctx context.Context, s queue.Store) (map[string][]request, error) {
	some, next, err := s.Jobs(ctx, queue.Filter{State: queue.Dead}, queue.Page{Limit: 50})
	if err != nil || len(some) == 0 {
		return nil, fmt.Errorf("there are no jobs to look for: %w", err)
	}
	out := map[string][]request{"workers": {{path: "/workers"}}}
	add := func(kind string, q url.Values) {
		out[kind] = append(out[kind], request{path: "/workers?" + q.Encode()})
		out["asked"] = append(out["asked"], request{path: "/jobs", form: url.Values{"do": {"delete"}, "which": {"all"}, "match": {q.Encode()}}})
	}
	for _, state := range []queue.State{queue.Ready, queue.Scheduled, queue.Running, queue.Dead, queue.Done} {
		add("filtered", url.Values{"state": {string(state)}})
		add("filtered", url.Values{"state": {string(state)}, "queue": {"seldom"}})
	}
	for _, of := range []string{"calls", "exports", "seldom"} {
		add("filtered", url.Values{"queue": {of}})
	}
	for _, of := range []struct{ text, as string }{
		{some[0].ID, "id"},
		{"call", "kind"},
		{"export", "kind"},
		{"seldom", "kind"},
		{"503", "error"},
		{"resolves to nothing", "error"},
		{"no such text", "error"},
	} {
		add("found", url.Values{"find": {of.text}, "as": {of.as}})
		add("found", url.Values{"find": {of.text}, "as": {of.as}, "state": {string(queue.Dead)}})
		out["found"] = append(out["found"], request{path: "/workers?" + url.Values{"find": {of.text}}.Encode()}) // as a person types it
	}
	add("found", url.Values{"find": {"no such text"}, "as": {"error"}, "queue": {"seldom"}})
	out["filtered"] = append(out["filtered"], request{path: "/workers?" + url.Values{"after": {"0:" + next}, "state": {string(queue.Dead)}}.Encode()})
	return out, nil
}
