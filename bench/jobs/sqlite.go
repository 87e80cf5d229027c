package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver

	"collector/bench/figure"
	"collector/queue/sqlite"
)

// Measurements are those of this package.
func Measurements() []figure.Measurement {
	return []figure.Measurement{{Name: "jobs/sqlite", What: "jobs that one dispatcher claims and completes over SQLite", Do: overSQLite}}
}

const batch = 100

// overSQLite measures the queue over a file with the journal mode WAL and
// synchronous=NORMAL.
func overSQLite(ctx context.Context, r figure.Run) ([]figure.Figure, error) {
	n := 50_000
	if r.Short {
		n = 500
	}
	var rates, adds []float64
	for i := range r.Repeats {
		add, rate, err := onFile(ctx, filepath.Join(r.Dir, fmt.Sprint("jobs", i, ".db")), n)
		if err != nil {
			return nil, err
		}
		rates, adds = append(rates, rate), append(adds, add)
		r.Log("run %d of %d: %.0f jobs/s claimed and completed, %.0f added", i+1, r.Repeats, rate, add)
	}
	return []figure.Figure{
		{
			Name: "jobs/sqlite/rate", Unit: "jobs/s", Ours: figure.Median(rates), Limit: 20_000, AtLeast: true, Repeats: r.Repeats,
			Note: fmt.Sprintf("one dispatcher, batches of %d of %d jobs of %d bytes; claimed and completed", batch, n, Size),
		},
		{Name: "jobs/sqlite/add", Unit: "jobs/s", Ours: figure.Median(adds), AtLeast: true, Repeats: r.Repeats, Note: "added, 1,000 a call"},
	}, nil
}

// onFile fills a new file with jobs and drains it: how many a second.
func onFile(ctx context.Context, path string, n int) (add, rate float64, err error) {
	q := url.Values{"_pragma": {"journal_mode(WAL)", "synchronous(NORMAL)", "busy_timeout(10000)"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String())
	if err != nil {
		return 0, 0, fmt.Errorf("opening %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	s, err := sqlite.Open(ctx, db)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	began := time.Now()
	if err := Fill(ctx, s, n); err != nil {
		return 0, 0, err
	}
	filled := time.Now()
	if err := Drain(ctx, s, n, batch); err != nil {
		return 0, 0, err
	}
	return float64(n) / filled.Sub(began).Seconds(), float64(n) / time.Since(filled).Seconds(), nil
}
