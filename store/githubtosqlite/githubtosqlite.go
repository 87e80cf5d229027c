// Package githubtosqlite reads the stars in a database that github-to-sqlite made, as
// an export that can be imported. That program keeps what GitHub answers almost
// unchanged (github.com/dogsheep/github-to-sqlite, github_to_sqlite/utils.py): a row a
// star in stars (user, repo, starred_at), the repositories in repos and their owners in
// users. Columns come and go with the age of the database, so each is asked for. The
// database is only read.
package githubtosqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"collector/imports"
	"collector/item"
	"collector/store/foreign"
)

// Format is the format of such databases.
func Format() imports.Format {
	return imports.Format{Name: "github", Title: "a database of github-to-sqlite", Find: find, Read: read}
}

func find(parts []imports.Part) ([]imports.Part, error) { return foreign.Find(parts, "stars", "repos") }

// wanted are the columns that are read, by table.
var wanted = []struct{ alias, table, column string }{
	{"s", "stars", "user"},
	{"s", "stars", "repo"},
	{"s", "stars", "starred_at"},
	{"r", "repos", "full_name"},
	{"r", "repos", "html_url"},
	{"r", "repos", "description"},
	{"r", "repos", "private"},
	{"r", "repos", "created_at"},
	{"r", "repos", "language"},
	{"r", "repos", "topics"},
	{"o", "users", "login"},
	{"o", "users", "html_url"},
	{"o", "users", "avatar_url"},
	{"u", "users", "login"},
}

// query asks for the columns that there are, as texts in the order of wanted.
func query(ctx context.Context, db *sql.DB) (string, error) {
	has := map[string][]string{}
	for _, table := range []string{"stars", "repos", "users"} {
		columns, err := foreign.Texts(ctx, db, "SELECT name FROM pragma_table_info(?)", table)
		if err != nil {
			return "", err
		}
		has[table] = columns
	}
	people := slices.Contains(has["users"], "id") && slices.Contains(has["repos"], "owner")
	var fields []string
	for _, w := range wanted {
		if slices.Contains(has[w.table], w.column) && (people || w.table != "users") {
			fields = append(fields, fmt.Sprintf("coalesce(cast(%s.%s AS text), '')", w.alias, w.column))
		} else {
			fields = append(fields, "''")
		}
	}
	from := " FROM stars s LEFT JOIN repos r ON r.id = s.repo"
	if people {
		from += " LEFT JOIN users o ON o.id = r.owner LEFT JOIN users u ON u.id = s.user"
	}
	return "SELECT " + strings.Join(fields, ", ") + from + " ORDER BY s.rowid", nil
}

func read(ctx context.Context, parts []imports.Part, fn func(imports.Entry) error) (err error) {
	db, err := foreign.Open(parts[0].Path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	broken := func(err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fn(imports.Entry{List: imports.List{Service: "github"}, Where: "table stars", Err: fmt.Errorf("from here on it cannot be read: %w", err)})
	}
	q, err := query(ctx, db)
	if err != nil {
		return broken(err)
	}
	rows, err := db.QueryContext(ctx, q)
	if err != nil {
		return broken(err)
	}
	defer rows.Close() // Err tells
	for n := 1; rows.Next(); n++ {
		cells := make([]string, len(wanted))
		into := make([]any, len(cells))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := rows.Scan(into...); err != nil {
			return broken(err)
		}
		if err := fn(entry(fmt.Sprintf("table stars, row %d", n), cells)); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return broken(err)
	}
	return nil
}

// entry is one star as the connector of GitHub gives it.
func entry(where string, c []string) imports.Entry {
	list := imports.List{Service: "github", Account: c[13]}
	if number(c[0]) {
		list.RemoteID = c[0]
	}
	e := imports.Entry{List: list, Where: where}
	switch {
	case !number(c[1]):
		e.Err = errors.New("the number of the repository is missing")
	case c[3] == "" || !strings.HasPrefix(c[4], "https://"):
		e.Err = errors.New("the repository is not in the table repos, or has no name and address there")
	}
	if e.Err != nil {
		return e
	}
	it := item.Item{
		ID: c[1], URL: c[4], Kind: "repository", Title: c[3], Text: c[5], Private: c[6] == "1", CreatedAt: moment(c[7]), Language: c[8],
		Author: item.Author{Name: c[10], URL: c[11], Avatar: c[12]}, LikedAt: moment(c[2]),
	}
	if c[9] != "" && json.Unmarshal([]byte(c[9]), &it.Tags) != nil {
		it.Tags = nil // kept in some other way: the star matters more than its topics
	}
	if !it.LikedAt.IsZero() {
		it.LikedFrom = item.FromAPI
	}
	e.Item = it
	return e
}

func number(s string) bool {
	n, err := strconv.ParseInt(s, 10, 64)
	return err == nil && n > 0
}

func moment(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}
