package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"collector/queue"
)

// TestEveryQuestionHasItsIndex reads SQLite's plans: what is asked all the time reads
// an index of its state, and sorts nothing.
func TestEveryQuestionHasItsIndex(t *testing.T) {
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(filepath.Join(t.TempDir(), "jobs.db")))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s, err := Open(context.Background(), db)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	dead, _ := where(queue.Filter{State: queue.Dead})
	for query, index := range map[string]string{
		promote:                             "queue_jobs_scheduled",
		fmt.Sprintf(claim, ""):              "queue_jobs_ready",
		fmt.Sprintf(claim, " AND kind = ?"): "queue_jobs_ready",
		over:                                "queue_jobs_running",
		purge:                               "queue_jobs_done",
		renew:                               "sqlite_autoindex_queue_jobs_1",
		bury:                                "sqlite_autoindex_queue_jobs_1",
		removeAll:                           "sqlite_autoindex_queue_jobs_1",
		nextDue:                             "queue_jobs_scheduled",
		claimable:                           "queue_jobs_ready (queue=?)",
		"SELECT id FROM queue_jobs WHERE 1" + dead + " AND id > ? ORDER BY id LIMIT ?": "queue_jobs_dead",
	} {
		plan := planOf(t, db, query)
		if !strings.Contains(plan, "INDEX "+index) || strings.Contains(plan, "TEMP B-TREE") || strings.Contains(plan, "SCAN queue_jobs\n") {
			t.Errorf("%s\n%s\nwant %s alone", query, plan, index)
		}
	}
	// Of what is scheduled only what is due is looked at.
	for _, query := range []string{promote, claimable} {
		if plan := planOf(t, db, query); !strings.Contains(plan, "INDEX queue_jobs_scheduled (queue=? AND due<?)") {
			t.Errorf("%s\n%s\nwant the due time among what is searched for", query, plan)
		}
	}
	if plan := planOf(t, db, countsOfNamed+" ORDER BY queue"); !strings.Contains(plan, "SEARCH queue_counts USING PRIMARY KEY (queue=?)") {
		t.Errorf("%s\nwant the counts of the queues that are named alone", plan)
	}
	if plan := planOf(t, db, claimable); strings.Count(plan, "SEARCH queue_jobs USING COVERING INDEX") != 2 || strings.Count(plan, "CORRELATED") != 3 {
		t.Errorf("%s\n%s\nwant a question for one job of each state", claimable, plan)
	}
}

// TestWhatRunsIsListedByItself: a list of what runs reads nothing of what does not, also
// from a place on and for one queue.
func TestWhatRunsIsListedByItself(t *testing.T) {
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(filepath.Join(t.TempDir(), "jobs.db")))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s, err := Open(context.Background(), db)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, f := range []queue.Filter{{State: queue.Running}, {State: queue.Running, Queue: "a", Kind: "b"}} {
		for _, newest := range []bool{false, true} {
			query, _ := listing(f, queue.Page{Cursor: "x", Newest: newest}, listed(f), "")
			if plan := planOf(t, db, query); !strings.Contains(plan, "INDEX queue_jobs_running") {
				t.Errorf("%s\n%s", query, plan)
			}
		}
	}
}

func planOf(t *testing.T, db *sql.DB, query string) string {
	t.Helper()
	args := make([]any, strings.Count(query, "?"))
	for i := range args {
		args[i] = 1
	}
	rows, err := db.Query("EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	var plan strings.Builder
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&plan, detail)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan.String()
}
