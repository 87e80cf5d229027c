package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"collector/queue"
)

// TestALookReadsNoMoreThanItsBound reads where a bounded look says it reads, and SQLite's
// plans for that: a range of ids with both ends that is not sorted, or the index of a state
// that has no more jobs than that.
func TestALookReadsNoMoreThanItsBound(t *testing.T) {
	ctx := context.Background()
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(filepath.Join(t.TempDir(), "jobs.db")))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s, err := Open(ctx, db)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	var jobs []queue.Job
	for i := range 100 {
		few := "many"
		if i < 10 {
			few = "few"
		}
		jobs = append(jobs, queue.Job{ID: fmt.Sprintf("%03d", i), Queue: few, Kind: "k", Keep: time.Hour}, queue.Job{ID: fmt.Sprintf("%03d later", i), Queue: few, Kind: "k", Due: now.Add(time.Hour)})
	}
	if _, err := s.Add(ctx, now, "", jobs); err != nil {
		t.Fatal(err)
	}
	for _, verb := range []queue.Verb{queue.Bury, queue.Complete} {
		got, err := s.Claim(ctx, queue.Claim{Queue: "many", N: 30, Owner: "o", Now: now, Until: now.Add(time.Minute)})
		if err != nil {
			t.Fatal(err)
		}
		for _, j := range got {
			if _, err := s.Finish(ctx, now, []queue.Outcome{{Ref: j.Ref(), Verb: verb}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	const look = 20
	for _, c := range []struct {
		f     queue.Filter
		index string
		until [2]string // from the first on, and from the newest on
	}{
		{queue.Filter{}, byID, [2]string{"009 later", "090"}},
		{queue.Filter{Kind: "none"}, byID, [2]string{"009 later", "090"}},
		{queue.Filter{Error: "none"}, byID, [2]string{"009 later", "090"}},
		{queue.Filter{Queue: "few"}, byID, [2]string{"009 later", "090"}},
		{queue.Filter{State: queue.Dead, Error: "none"}, "queue_jobs_dead", [2]string{"029", "020"}},
		{queue.Filter{State: queue.Ready, Queue: "many"}, byID, [2]string{"009 later", "090"}},
		{queue.Filter{State: queue.Scheduled}, byID, [2]string{"009 later", "090"}},
		{queue.Filter{State: queue.Ready, Queue: "few"}, "queue_jobs_ready", [2]string{}},
		{queue.Filter{State: queue.Scheduled, Queue: "few"}, "queue_jobs_scheduled", [2]string{}},
		{queue.Filter{State: queue.Running}, "queue_jobs_running", [2]string{}},
		{queue.Filter{State: queue.Done}, byID, [2]string{"009 later", "090"}},
		{queue.Filter{State: queue.Done, Queue: "few"}, byID, [2]string{"009 later", "090"}}, // its index has all queues
	} {
		for i, newest := range []bool{false, true} {
			p := queue.Page{Look: look, Newest: newest}
			from, until, err := s.looked(ctx, c.f, p)
			if err != nil || until != c.until[i] || !strings.HasSuffix(from, " "+c.index) {
				t.Errorf("%+v, newest %v, is read from %s until %q (%v), want %s until %q", c.f, newest, from, until, err, c.index, c.until[i])
			}
			p.Cursor = "050"
			query, _ := listing(c.f, p, from, until)
			plan := planOf(t, db, query)
			if until == "" && strings.Contains(plan, c.index) {
				continue // what was few enough
			}
			if !strings.Contains(plan, "INDEX "+c.index+" (id>? AND id<?)") || strings.Contains(plan, "TEMP B-TREE") {
				t.Errorf("%s\n%s", query, plan)
			}
		}
	}
	for _, newest := range []bool{false, true} {
		for from, among := range map[string]string{"queue_jobs INDEXED BY " + byID: "", "queue_jobs INDEXED BY queue_jobs_dead": " AND state = 'dead'"} {
			if plan := planOf(t, db, lastOf(from, among, queue.Page{Cursor: "x", Newest: newest})); !strings.Contains(plan, "SEARCH queue_jobs USING COVERING INDEX") || strings.Contains(plan, "TEMP B-TREE") {
				t.Errorf("the end of a look among %s:\n%s", from, plan)
			}
		}
	}
	for state, index := range indexOf {
		among, _ := where(queue.Filter{State: state, Queue: "few"})
		if plan := planOf(t, db, fewIn(index, among)); !strings.Contains(plan, "INDEX "+index) || strings.Contains(plan, "TEMP B-TREE") {
			t.Errorf("whether few are %s:\n%s", state, plan)
		}
	}
}
