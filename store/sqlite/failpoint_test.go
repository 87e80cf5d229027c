//go:build failpoint && unix

package sqlite

import (
	"path/filepath"
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
// the schema, from each of the two before the present one: the next process finds
// a whole store and ends the work, and the backup is the store as it was.
func TestKilledWhileUpgrading(t *testing.T) {
	for version := max(1, newest(t)-2); version < newest(t); version++ {
		for _, point := range []string{"backup.before", "backup.copied", "backup.after", "migrate.before", "migrate.step", "migrate.after"} {
			path := file(t)
			if err := prepare(t.Context(), path, path, upTo(t, version), options("").Now); err != nil {
				t.Fatal(err)
			}
			sqlOn(t, path, "INSERT INTO meta VALUES ('kept', 'yes')")
			killedAt(t, "share", path, "child", point)
			s := open(t, path)
			if v, err := s.Meta(t.Context(), "kept"); err != nil || v != "yes" {
				t.Errorf("schema %d, %s: %q, %v", version, point, v, err)
			}
			if err := integrity(path); err != nil {
				t.Errorf("schema %d, %s: %v", version, point, err)
			}
			s.Close()
			copies, err := filepath.Glob(path + ".backup-*")
			if err != nil || len(copies) == 0 {
				t.Fatalf("schema %d, %s: backups %q, %v", version, point, copies, err)
			}
			for _, name := range copies {
				if c, err := verify(t.Context(), name, name); err != nil || c.Schema < version || c.Schema >= newest(t) {
					t.Errorf("schema %d, %s: %s holds schema %d, %v", version, point, name, c.Schema, err)
				}
			}
		}
	}
}

// TestKilledWhileBackingUp kills a backup after each step, over an older one: the
// name always leads to a whole copy, and the next backup is as good as any.
func TestKilledWhileBackingUp(t *testing.T) {
	path := file(t)
	s, c := written(t, path, 3)
	target := path + ".copy"
	backedUp(t, s, target)
	for i, point := range []string{"backup.before", "backup.copied", "backup.checked", "backup.after"} {
		p := pageNumber(c, c.Progress)
		if _, err := s.Commit(t.Context(), c.Lease, p); err != nil {
			t.Fatal(err)
		}
		c.Progress = p.After
		killedAt(t, "backup", path, "child", point)
		want := int64(3)
		if point == "backup.after" {
			want = int64(4 + i)
		}
		if pages := checkCopy(t, target, c.ID); pages != want {
			t.Errorf("%s: the backup of that name holds %d pages, want %d", point, pages, want)
		}
	}
	if _, err := s.Backup(t.Context(), target, true); err != nil {
		t.Fatal(err)
	}
	if pages := checkCopy(t, target, c.ID); pages != 7 || !absent(target+".partial") {
		t.Errorf("after the kills: %d pages, %s", pages, listing(t, path))
	}
}

// checkCopy reads a backup without making a file beside it.
func checkCopy(t *testing.T, target, network string) int64 {
	t.Helper()
	if _, err := verify(t.Context(), target, target); err != nil {
		t.Fatal(err)
	}
	scratch := file(t)
	restored(t, scratch, target)
	return checkRestored(t, scratch, network)
}

// killedAt runs a child that dies at a fault point, or (point@n) at its n-th pass.
func killedAt(t *testing.T, role, path, owner, point string) {
	t.Helper()
	name, nth, _ := strings.Cut(point, "@")
	if nth != "" {
		nth = "@" + nth
	}
	cmd, says := spawn(t, role, path, owner, "COLLECTOR_FAILPOINT="+name+"=kill"+nth)
	for line := range says {
		t.Error(line)
	}
	if err := cmd.Wait(); err == nil || err.Error() != "signal: killed" {
		t.Fatalf("%s: the process ended with %v: the point was not reached", point, err)
	}
}

// TestKilledWhileRestoring kills a restore after each step. What has the store's
// name is the one or the other, whole; the other one still exists; and the next
// restore clears up.
func TestKilledWhileRestoring(t *testing.T) {
	for _, step := range []struct {
		point string
		pages int64 // of the store afterwards: 5 before the swap, 3 from then on
	}{
		{"restore.clearing", 5},
		{"restore.before", 5},
		{"restore.copied", 5},
		{"restore.upgraded", 5},
		{"restore.settled", 5},
		{"restore.ready", 5},
		{"restore.folded", 5},
		{"restore.aside", 5},
		{"restore.swapped", 3},
		{"restore.clearing@2", 3},
		{"restore.after", 3},
	} {
		path := file(t)
		s, c := written(t, path, 3)
		from := filepath.Join(t.TempDir(), "backup")
		backedUp(t, s, from)
		for range 2 {
			p := pageNumber(c, c.Progress)
			if _, err := s.Commit(t.Context(), c.Lease, p); err != nil {
				t.Fatal(err)
			}
			c.Progress = p.After
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		killedAt(t, "restore", path, from, step.point)
		if pages := checkRestored(t, path, c.ID); pages != step.pages {
			t.Errorf("%s: the store has %d pages, want %d", step.point, pages, step.pages)
		}
		if pages := checkCopy(t, from, c.ID); pages != 3 {
			t.Errorf("%s: the backup has %d pages", step.point, pages)
		}
		restored(t, path, from)
		if pages := checkRestored(t, path, c.ID); pages != 3 {
			t.Errorf("%s: after another restore the store has %d pages", step.point, pages)
		}
		former := 0
		asides, err := filepath.Glob(path + "?*")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range asides {
			if !strings.HasPrefix(name, path+kept) || strings.HasSuffix(name, ".partial") {
				t.Errorf("%s: %s is left", step.point, name)
			} else if checkCopy(t, name, c.ID) == 5 {
				former++
			}
		}
		if former != 1 {
			t.Errorf("%s: the former store is kept %d times: %q", step.point, former, asides)
		}
	}
}
