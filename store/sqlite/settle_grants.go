package sqlite

import (
	"context"
	"database/sql"
	"fmt"
)

// settleGrants has those be let in who are let in now, and nobody who was when the backup
// was made and is not any more: what was revoked since stays revoked. Where the store that
// is replaced has grants they take the place of those of the backup, table by table. Where
// it is lost, or never had any, tokens and feeds of the backup are good again (revived is how
// many), and browsers have to sign in anew.
func settleGrants(ctx context.Context, tx *sql.Tx, before bool) (revived int, err error) {
	if before {
		there, err := hasGrants(ctx, tx, "before")
		if err != nil {
			return 0, err
		}
		if there {
			return 0, takeGrants(ctx, tx)
		}
	}
	there, err := hasGrants(ctx, tx, "main")
	if err != nil || !there {
		return 0, err
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM main.grants WHERE kind IN ('login', 'session')"); err != nil {
		return 0, err
	}
	err = tx.QueryRowContext(ctx, "SELECT count(*) FROM main.grants").Scan(&revived)
	return revived, err
}

func hasGrants(ctx context.Context, tx *sql.Tx, schema string) (bool, error) {
	var n int
	err := tx.QueryRowContext(ctx, fmt.Sprintf("SELECT count(*) FROM %s.sqlite_master WHERE type = 'table' AND name = 'grants'", schema)).Scan(&n)
	return n > 0, err
}

// takeGrants copies the tables of grants as they are, with the note of their version.
func takeGrants(ctx context.Context, tx *sql.Tx) error {
	for _, table := range []string{"grants", "grant_versions"} {
		statements := []string{"DROP TABLE IF EXISTS main." + table}
		rows, err := tx.QueryContext(ctx, "SELECT sql FROM before.sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY type = 'index'", table)
		if err != nil {
			return err
		}
		for rows.Next() {
			var statement string
			if err := rows.Scan(&statement); err != nil {
				rows.Close()
				return err
			}
			statements = append(statements, statement)
		}
		rows.Close()
		if err := rows.Err(); err != nil {
			return err
		}
		statements = append(statements, fmt.Sprintf("INSERT INTO main.%[1]s SELECT * FROM before.%[1]s", table))
		for _, statement := range statements {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
	}
	return nil
}
