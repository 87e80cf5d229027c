//go:build failpoint && unix

package sqlite

import (
	"strings"
	"testing"

	"collector/failpoint"
	"collector/state"
)

// TestKilledAtEachPoint kills a writing process at every step of a save, a claim
// and a release, more than once, and counts what is left.
func TestKilledAtEachPoint(t *testing.T) {
	if !failpoint.Enabled {
		t.Fatal("built without fault points")
	}
	for _, point := range []string{"save.begin", "save.items.half", "save.items.done", "save.state.before", "save.commit.before", "save.commit.after", "schedule.after", "lease.acquired"} {
		t.Run(point, func(t *testing.T) {
			path := file(t)
			s := open(t, path)
			c := seed(t, s, "me", "github")
			if err := s.Release(t.Context(), c.Lease, state.Progress{Mode: state.Initial, ScheduledTo: noon}); err != nil {
				t.Fatal(err)
			}
			var stored int64
			for _, nth := range []string{"@1", "@2", "@3"} {
				cmd, says := spawn(t, "pages", path, "child", "COLLECTOR_FAILPOINT="+point+"=kill"+nth)
				said := stored
				for line := range says {
					if strings.HasPrefix(line, "page ") {
						said++
					} else if line != "open" {
						t.Fatal(line)
					}
				}
				if err := cmd.Wait(); err == nil || err.Error() != "signal: killed" {
					t.Fatalf("the process ended with %v: the point was not reached", err)
				}
				if _, err := s.FreeDead(t.Context(), noon); err != nil {
					t.Fatal(err)
				}
				now := checkPages(t, s, path, c.ID, said)
				if late := now - said; late > 1 || late == 1 && point != "save.commit.after" {
					t.Errorf("%d pages stored, %d said", now, said)
				}
				stored = now
			}
		})
	}
}

// TestKilledWhileUpgrading kills a process around the backup and the steps of
// the schema: the next one finds a whole store and ends the work.
func TestKilledWhileUpgrading(t *testing.T) {
	for _, point := range []string{"backup.before", "backup.after", "migrate.before", "migrate.after"} {
		path := file(t)
		if err := prepare(t.Context(), path, path, older(t), options("").Now); err != nil {
			t.Fatal(err)
		}
		sqlOn(t, path, "INSERT INTO meta VALUES ('kept', 'yes')")
		cmd, says := spawn(t, "share", path, "child", "COLLECTOR_FAILPOINT="+point+"=kill")
		for range says {
		}
		if err := cmd.Wait(); err == nil || err.Error() != "signal: killed" {
			t.Fatalf("%s: the process ended with %v", point, err)
		}
		s := open(t, path)
		if v, err := s.Meta(t.Context(), "kept"); err != nil || v != "yes" {
			t.Errorf("%s: %q, %v", point, v, err)
		}
		if err := integrity(path); err != nil {
			t.Errorf("%s: %v", point, err)
		}
		s.Close()
	}
}
