package sqlite

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"collector/store"
)

// TestUpgradeCountsWhatIsThere opens a store of the schema that had no counters.
func TestUpgradeCountsWhatIsThere(t *testing.T) {
	path := file(t)
	before := fstest.MapFS{}
	for _, name := range []string{"00001_core.sql", "00002_views.sql"} {
		b, err := fs.ReadFile(migrations(), name)
		if err != nil {
			t.Fatal(err)
		}
		before[name] = &fstest.MapFile{Data: b}
	}
	if err := prepare(t.Context(), path, path, before, func() time.Time { return noon }); err != nil {
		t.Fatal(err)
	}
	for i, progress := range []string{`{"condition":"failing"}`, `{"condition":"ok"}`, `{}`, `{"condition":"failing"}`, `{"condition":"gone"}`} {
		sqlOn(t, path, fmt.Sprintf(`INSERT INTO networks (num, id, user_num, account_id, user, service, service_key, provider, server, account, account_key, remote_id, params, items, ended, progress)
 VALUES (%[1]d, 'n%[1]d', 1, 'a%[1]d', 'me', 'github', 'github', 'github', '', 'x', 'x', '', '', 10, %[1]d = 4, '%[2]s')`, i, progress))
		if i != 4 {
			sqlOn(t, path, fmt.Sprintf("INSERT INTO leases (net, mode, service, wake_at, paused) VALUES (%[1]d, 1, 'github', %[1]d, %[1]d = 3)", i))
		}
	}
	s := open(t, path)
	got, err := s.Tally(t.Context(), noon)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, st := range got.States {
		lines = append(lines, fmt.Sprintf("%s %s %s %v %d", st.Service, st.Mode, st.Condition, st.Paused, st.Networks))
	}
	want := []string{"github normal failing false 1", "github normal failing true 1", "github normal ok false 2"}
	if !slices.Equal(lines, want) || got.Items != 40 || got.Networks() != 4 {
		t.Errorf("%d networks with %d items: %q, want %q", got.Networks(), got.Items, lines, want)
	}
}

// TestTallyReadsNoTable: what it costs does not grow with the networks.
func TestTallyReadsNoTable(t *testing.T) {
	s := open(t, file(t))
	library(t, s)
	if _, err := s.Networks(t.Context(), store.Filter{Limit: 1}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		query string
		args  []any
		uses  string
	}{
		{dueQuery, []any{0, "github", 1, 10}, "COVERING INDEX leases_wake (mode=? AND service=? AND wake_at>? AND wake_at<?)"},
		{runningQuery, []any{1}, "INDEX leases_held (lease_until>?)"},
	} {
		lines, err := explain(s.read, c.query, c.args...)
		plan := strings.Join(lines, "\n")
		if err != nil || !strings.Contains(plan, c.uses) || strings.Contains(plan, "SCAN leases") {
			t.Errorf("%s\n%v\n%s", c.query, err, plan)
		}
	}
}
