package torture

import (
	"database/sql"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"collector/simulate"
)

// stored are the limits that stood in the store: account id -> end of the
// block -> since when at the latest.
type stored map[string]map[time.Time]time.Time

// watchBlocks reads the ledger all the time, until the returned function is
// called. It tells a request that came too early although its limit was known
// from one whose limit went to a process that died before it could write it down:
// then nobody can know of it.
func (r *rig) watchBlocks() func() stored {
	r.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(r.dir, "c.db")+"?_pragma=busy_timeout(10000)")
	if err != nil {
		r.t.Fatal(err)
	}
	seen, stop, done := stored{}, make(chan struct{}), make(chan error, 1)
	go func() {
		tick := time.NewTicker(15 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				done <- db.Close()
				return
			case <-tick.C:
			}
			if err := seen.read(db); err != nil {
				done <- err
				return
			}
		}
	}()
	return func() stored {
		close(stop)
		if err := <-done; err != nil {
			r.t.Errorf("watching the limits in the store: %v", err)
		}
		byKey := stored{}
		for _, a := range r.sim.Accounts() {
			byKey[a.Key] = seen[a.ID]
		}
		return byKey
	}
}

// read notes the blocks that stand in the ledger now.
func (s stored) read(db *sql.DB) error {
	rows, err := db.Query("SELECT key, json_extract(row, '$.blocked') FROM quotas WHERE json_extract(row, '$.blocked') IS NOT NULL")
	if err != nil {
		return err
	}
	defer rows.Close()
	now := time.Now()
	for rows.Next() {
		var key string
		var until time.Time
		var text string
		if err := rows.Scan(&key, &text); err != nil {
			return err
		}
		if until, err = time.Parse(time.RFC3339Nano, text); err != nil {
			return err
		}
		id := key[strings.LastIndex(key, "/")+1:]
		if s[id] == nil {
			s[id] = map[time.Time]time.Time{}
		}
		if _, known := s[id][until]; !known {
			s[id][until] = now
		}
	}
	return rows.Err()
}

// nobody says that nobody could know of the limit that a request came before:
// it did not stand in the store when the request came, and since it was told a
// process has died.
func (s stored) nobody(v simulate.Violation, deaths []time.Time) bool {
	for until, since := range s[v.Account] {
		if since.Before(v.At) && !until.Before(v.Until.Add(-time.Second)) {
			return false
		}
	}
	// A call that was under way at a death may be answered a little later.
	told := v.At.Add(-v.Since)
	return slices.ContainsFunc(deaths, func(d time.Time) bool { return d.After(told.Add(-time.Second)) && d.Before(v.At) })
}
