package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
)

// Carried is what a restore took over from the store that it replaced: facts
// about the services, which a backup cannot bring back to what they were.
type Carried struct {
	SignIns int // sign-ins that were renewed since the backup was made
	Quotas  int // rows of the ledger
	Known   bool
	Revived int // tokens and feeds of the backup that are good, with nothing known of what was revoked since
}

// settle makes a copy of the past fit to go on from now, in one transaction.
//
//   - Leases, rights to refresh a sign-in, and instances of then are nobody's: the
//     networks are due at once. Being in work when the backup was made was no crash.
//   - The log of changes begins anew, at a number above every one that any reader
//     can have seen: the present time in milliseconds, since the log never grows by
//     a thousand pages a second. A reader that asks for what follows an older number
//     is told that the log no longer reaches back that far, and reads everything
//     once; otherwise numbers would come again that mean something else.
//   - What the services know better comes from the store at path that is being
//     replaced, where it can be read: what is spent of the quotas and how long they
//     are blocked, and sign-ins that were renewed, whose old form is void. So do the
//     webhooks that were changed since, for their secrets.
//   - Who is let in is who is let in now (settleGrants).
func settle(ctx context.Context, db *sql.DB, path string, now time.Time) (c Carried, err error) {
	before := "" // the address of the store that is replaced
	if size(path) > 0 {
		before = strings.Replace(dsn(path), "mode=rw", "mode=ro", 1)
	}
	c, err = settleWith(ctx, db, before, now)
	if err != nil && before != "" && ctx.Err() == nil {
		c, err = settleWith(ctx, db, "", now) // it cannot be read: that may be why it is replaced
	}
	return c, err
}

func settleWith(ctx context.Context, db *sql.DB, before string, now time.Time) (c Carried, err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return c, err
	}
	defer conn.Close()
	if before != "" {
		if _, err := conn.ExecContext(ctx, "ATTACH ? AS before", before); err != nil {
			return c, err
		}
		defer conn.ExecContext(context.WithoutCancel(ctx), "DETACH before")
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return c, err
	}
	defer tx.Rollback() // without effect once it is committed
	last := now.UnixMilli()
	if before != "" {
		if c, err = carry(ctx, tx, &last); err != nil {
			return Carried{}, err
		}
	}
	if c.Revived, err = settleGrants(ctx, tx, before != ""); err != nil {
		return Carried{}, err
	}
	for _, st := range []struct {
		query string
		args  []any
	}{
		{"DELETE FROM refreshes", nil},
		{"DELETE FROM instances", nil},
		{`UPDATE leases SET owner = NULL, lease_until = NULL, crashes = max(crashes - 1, 0),
 wake_at = CASE WHEN paused THEN NULL WHEN wished THEN ?2 ELSE ?1 END WHERE owner IS NOT NULL`, []any{now.UnixMilli(), first}},
		{"DELETE FROM changes", nil},
		{"DELETE FROM sqlite_sequence WHERE name = 'changes'", nil},
		{"INSERT INTO sqlite_sequence (name, seq) VALUES ('changes', ?)", []any{last}},
		{"INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2", []any{metaPruned, fmt.Sprint(last)}},
	} {
		if _, err := tx.ExecContext(ctx, st.query, st.args...); err != nil {
			return Carried{}, err
		}
	}
	return c, tx.Commit()
}

// carry takes over what the replaced store knows better; last becomes a number
// above those of its log.
func carry(ctx context.Context, tx *sql.Tx, last *int64) (c Carried, err error) {
	c.Known = true
	var seen, own int64
	err = tx.QueryRowContext(ctx, `SELECT coalesce((SELECT seq FROM before.sqlite_sequence WHERE name = 'changes'), 0),
 coalesce((SELECT seq FROM main.sqlite_sequence WHERE name = 'changes'), 0)`).Scan(&seen, &own)
	if err != nil {
		return c, err
	}
	*last = max(*last, seen+1, own+1)
	for _, st := range []struct {
		query string
		n     *int
	}{
		{"INSERT OR REPLACE INTO main.quotas (key, row) SELECT key, row FROM before.quotas", &c.Quotas},
		{`UPDATE main.credentials SET (version, key_id, sealed) =
 (SELECT b.version, b.key_id, b.sealed FROM before.credentials b WHERE b.account = credentials.account)
 WHERE EXISTS (SELECT 1 FROM before.credentials b WHERE b.account = credentials.account AND b.version > credentials.version)`, &c.SignIns},
		// The key may have been changed since: what proves it comes with what it sealed.
		{`INSERT OR REPLACE INTO main.meta (key, value) SELECT key, value FROM before.meta WHERE key = 'keyCheck'
 AND EXISTS (SELECT 1 FROM before.credentials b JOIN main.credentials c ON c.account = b.account)`, new(int)},
	} {
		res, err := tx.ExecContext(ctx, st.query)
		if err != nil {
			return c, err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return c, err
		}
		*st.n = int(n)
	}
	return c, carryWebhooks(ctx, tx)
}

// carryWebhooks takes over the webhooks that were changed since the backup, where there are
// any: who is called knows the secret that they have now.
func carryWebhooks(ctx context.Context, tx *sql.Tx) error {
	var tables int
	err := tx.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM main.sqlite_master WHERE name = 'webhook_endpoints')
 + (SELECT count(*) FROM before.sqlite_master WHERE name = 'webhook_endpoints')`).Scan(&tables)
	if err != nil || tables < 2 {
		return err
	}
	for _, query := range []string{
		`UPDATE main.webhook_endpoints SET (version, endpoint, health) =
 (SELECT b.version, b.endpoint, b.health FROM before.webhook_endpoints b WHERE b.id = webhook_endpoints.id)
 WHERE NOT removed AND EXISTS (SELECT 1 FROM before.webhook_endpoints b WHERE b.id = webhook_endpoints.id AND NOT b.removed AND b.version > webhook_endpoints.version)`,
		`INSERT OR REPLACE INTO main.meta (key, value) SELECT key, value FROM before.meta WHERE key = 'keyCheck'
 AND EXISTS (SELECT 1 FROM before.webhook_endpoints b JOIN main.webhook_endpoints w ON w.id = b.id WHERE NOT b.removed AND NOT w.removed)`,
	} {
		if _, err := tx.ExecContext(ctx, query); err != nil {
			return err
		}
	}
	return nil
}
