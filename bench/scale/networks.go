package scale

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	_ "modernc.org/sqlite" // the driver, to write many rows at once

	"collector/state"
	"collector/store"
	"collector/store/sqlite"
)

// DueBy is a due time of networks that wait for nothing while they are measured.
func DueBy() time.Time { return time.Now().Add(20 * 24 * time.Hour) }

// buildNetworks makes a store with so many networks of ten services, all polled
// and none due. Their accounts are left out: nothing that is measured reads them.
func buildNetworks(ctx context.Context, path string, n int) error {
	st, err := sqlite.Open(ctx, path, store.Options{})
	if err != nil {
		return err
	}
	if err := st.Close(); err != nil {
		return err
	}
	due := DueBy()
	progress, err := json.Marshal(Polled(due))
	if err != nil {
		return err
	}
	const numbers = "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ?1) "
	return onFile(ctx, path,
		step{"INSERT INTO users (num, name) VALUES (1, 'user1')", nil},
		step{numbers + `INSERT INTO networks (num, id, user_num, account_id, user, service, service_key, provider, server, account, account_key, remote_id, params, created_at, items, progress)
 SELECT n, printf('n%08d', n), 1, printf('a%08d', n), 'user1', s, s, 'github', '', 'account' || n, 'account' || n, n, '', ?2, n % 300, ?3
 FROM (SELECT n, ` + serviceOf + ` AS s FROM c)`, []any{n, noon().UnixMilli(), string(progress)}},
		step{"INSERT INTO leases (net, mode, service, wake_at) SELECT num, 1, service, ?1 + num * 7919 % 864000000 FROM networks", []any{due.UnixMilli()}},
	)
}

// Polled is the progress of a network that has been polled and is due at a time.
func Polled(due time.Time) state.Progress {
	return state.Progress{
		Mode: state.Normal, Condition: state.OK, ScheduledTo: due, Reason: "one like in 2 days is expected", Walks: 3,
		LastOKAt: noon(), LastRunAt: noon(), Runs: []state.Run{{At: noon(), Kind: "poll", Pages: 1}, {At: noon(), Kind: "poll", Pages: 1, Added: 2}},
	}
}

// serviceOf spreads networks over ten services, half of them of one.
const serviceOf = "CASE WHEN n % 2 = 0 THEN 'github' ELSE 'service' || (n / 2 % 9) END"

// Services are those of the networks.
func Services() []string {
	names := []string{"github"}
	for i := range 9 {
		names = append(names, fmt.Sprint("service", i))
	}
	return names
}

// makeDue makes n of all networks due, spread over the whole store and over its
// services.
func makeDue(ctx context.Context, path string, n, all int) error {
	const due = "UPDATE leases SET wake_at = ?1 - net * 7919 % 86400000 WHERE net * 7919 % ?2 < ?3"
	return onFile(ctx, path, step{due, []any{time.Now().UnixMilli(), all, n}})
}

// step is a statement with its arguments.
type step struct {
	query string
	args  []any
}

// onFile runs statements in one transaction.
func onFile(ctx context.Context, path string, steps ...step) error {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=cache_size(-200000)&_pragma=synchronous(OFF)")
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	tx, err := db.BeginTx(ctx, nil)
	for _, s := range steps {
		if err == nil {
			_, err = tx.ExecContext(ctx, s.query, s.args...)
		}
	}
	if err == nil {
		err = tx.Commit()
	}
	return errors.Join(err, db.Close())
}
