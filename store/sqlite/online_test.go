package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/state"
	"collector/store"
)

// written is a store with n pages of one network, each an entry of the log.
func written(t *testing.T, path string, n int) (*Store, state.Claimed) {
	t.Helper()
	s := open(t, path)
	c := seed(t, s, "me", "github")
	for range n {
		p := pageNumber(c, c.Progress)
		if _, err := s.Commit(t.Context(), c.Lease, p); err != nil {
			t.Fatal(err)
		}
		c.Progress = p.After
	}
	return s, c
}

// backedUp makes a backup that must succeed.
func backedUp(t *testing.T, s *Store, target string) Copy {
	t.Helper()
	c, err := s.Backup(t.Context(), target, false)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// restored puts a backup in place, which must succeed.
func restored(t *testing.T, path, from string) Restored {
	t.Helper()
	r, err := Restore(t.Context(), path, from, options(""))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// listing is every file beside a store.
func listing(t *testing.T, path string) string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

// TestBackupUnderLoadIsAPrefixOfTheHistory takes backups while two processes
// write. Each is the store as it was at one moment: all pages up to one of them,
// and nothing of the next.
func TestBackupUnderLoadIsAPrefixOfTheHistory(t *testing.T) {
	path := file(t)
	s := open(t, path)
	c := seed(t, s, "me", "github")
	if err := s.Release(t.Context(), c.Lease, state.Progress{Mode: state.Initial, ScheduledTo: noon}); err != nil {
		t.Fatal(err)
	}
	cmd, says := spawn(t, "pages", path, "writer")
	var last int64
	for i := range 6 {
		said := last
		for line := range says { // a page that the backup before does not hold
			if _, err := fmt.Sscanf(line, "page %d", &said); err != nil && line != "open" {
				t.Fatal(line)
			}
			if said > last {
				break
			}
		}
		target := filepath.Join(t.TempDir(), fmt.Sprint("copy", i))
		made := backedUp(t, s, target)
		if in, err := os.Stat(target); err != nil || in.Mode().Perm() != 0o600 || in.Size() != made.Bytes {
			t.Errorf("the file: %v, %v, said to have %d bytes", in, err, made.Bytes)
		}
		if got := listing(t, target); got != filepath.Base(target) {
			t.Errorf("the folder holds %q", got)
		}
		copied := open(t, target)
		pages := checkPages(t, copied, target, c.ID, said)
		if made.LastChange != pages || int64(made.Items) != pages*perPage+1 || made.Networks != 1 {
			t.Errorf("said: %+v, but it holds %d pages", made, pages)
		}
		changes, err := copied.Changes(t.Context(), "", 0, 1<<20)
		if err != nil || int64(len(changes)) != pages || changes[pages-1].Seq != pages {
			t.Errorf("%d changes, %v, of %d pages", len(changes), err, pages)
		}
		if pages <= last {
			t.Errorf("backup %d holds %d pages, the one before held %d", i, pages, last)
		}
		last = pages
		copied.Close()
	}
	cmd.Process.Kill()
	cmd.Wait()
}

// TestBackupHoldsWhatIsOnlyInTheLog: a copy of the main file alone would not.
func TestBackupHoldsWhatIsOnlyInTheLog(t *testing.T) {
	path := file(t)
	s, c := written(t, path, 3)
	if size(path+"-wal") == 0 {
		t.Fatal("nothing is in the log: this proves nothing")
	}
	target := path + ".copy"
	backedUp(t, s, target)
	if pages := checkPages(t, open(t, target), target, c.ID, 3); pages != 3 {
		t.Errorf("%d pages", pages)
	}
}

func TestBackupRefusesATarget(t *testing.T) {
	path := file(t)
	s, _ := written(t, path, 1)
	there := filepath.Join(t.TempDir(), "there")
	if err := os.WriteFile(there, []byte("precious"), 0o644); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Link(path, link); err != nil {
		t.Fatal(err)
	}
	used := filepath.Join(t.TempDir(), "used.db")
	written(t, used, 1)
	for _, c := range []struct {
		name, target string
		force        bool
		want         error
	}{
		{"a file that is there", there, false, fs.ErrExist},
		{"the store itself", path, true, fs.ErrExist},
		{"its log", path + "-wal", true, fs.ErrExist},
		{"a link to it", link, true, fs.ErrExist},
		{"a folder", t.TempDir(), true, fs.ErrExist},
		{"another store that is open", used, true, store.ErrBusy},
		{"a folder that is not there", filepath.Join(t.TempDir(), "no", "where"), false, fs.ErrNotExist},
	} {
		before, _ := os.ReadFile(c.target)
		if _, err := s.Backup(t.Context(), c.target, c.force); !errors.Is(err, c.want) {
			t.Errorf("%s: error %v, want %v", c.name, err, c.want)
		}
		after, _ := os.ReadFile(c.target)
		if string(before) != string(after) || !absent(c.target+".partial") {
			t.Errorf("%s was changed, or half a copy is left", c.name)
		}
	}
	if _, err := s.Backup(t.Context(), there, true); err != nil {
		t.Errorf("with force: %v", err)
	}
	if in, err := os.Stat(there); err != nil || in.Mode().Perm() != 0o600 {
		t.Errorf("the file that was replaced has mode %v, %v", in.Mode(), err)
	}
}

// TestBackupOfADamagedStoreIsNone: the older backup of that name stays.
func TestBackupOfADamagedStoreIsNone(t *testing.T) {
	path := file(t)
	s, _ := written(t, path, 3)
	target := path + ".copy"
	backedUp(t, s, target)
	before, _ := os.ReadFile(target)
	sqlOn(t, path, "UPDATE networks SET items = items + 1")
	if _, err := s.Backup(t.Context(), target, true); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("error %v, want %v", err, store.ErrDamaged)
	}
	if after, _ := os.ReadFile(target); string(after) != string(before) || !absent(target+".partial") {
		t.Errorf("the older backup was changed, or half a copy is left: %s", listing(t, path))
	}
}

func TestOneBackupAtATime(t *testing.T) {
	path := file(t)
	s, _ := written(t, path, 1)
	other, err := lockFile(filepath.Join(ownersDir(path), ".backup"), tryLock)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Backup(t.Context(), path+".copy", false); !errors.Is(err, store.ErrBusy) {
		t.Errorf("error %v, want %v", err, store.ErrBusy)
	}
	if err := removeLocked(other); err != nil {
		t.Fatal(err)
	}
	backedUp(t, s, path+".copy")
}

// TestInterruptedBackupLeavesNothing: Ctrl-C, or a time that is over.
func TestInterruptedBackupLeavesNothing(t *testing.T) {
	path := file(t)
	s, _ := written(t, path, 1)
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	<-ctx.Done()
	if _, err := s.Backup(ctx, path+".copy", false); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	if got := listing(t, path); strings.Contains(got, "copy") {
		t.Errorf("left: %s", got)
	}
}
