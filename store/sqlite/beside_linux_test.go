package sqlite

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// TestBesideKeepsTheLocksOfOthers: a handle that is opened and closed in the process of a
// daemon, as for a request, leaves the locks of its other handles alone. Without them another
// program takes itself for the last who has the file, and removes the log of writes that the
// daemon goes on writing to.
func TestBesideKeepsTheLocksOfOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "beside.db")
	daemons, err := Beside(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer daemons.Close()
	if _, err := daemons.ExecContext(t.Context(), "CREATE TABLE kept (n INTEGER)"); err != nil {
		t.Fatal(err)
	}
	before := locksOn(t, path)
	if before == 0 {
		t.Fatal("the daemon's handle has no lock")
	}
	request, err := Beside(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if got := locksOn(t, path); got < before {
		t.Errorf("%d locks while another handle is open, %d before", got, before)
	}
	if err := request.Close(); err != nil {
		t.Fatal(err)
	}
	if got := locksOn(t, path); got < before {
		t.Errorf("%d locks after another handle was closed, %d before", got, before)
	}
}

// locksOn counts the locks of a file, by whomever they are held.
func locksOn(t *testing.T, path string) (n int) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		t.Fatal("the system tells no number of a file")
	}
	locks, err := os.ReadFile("/proc/locks")
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(locks) {
		if f := strings.Fields(string(line)); len(f) == 8 && strings.HasSuffix(f[5], ":"+strconv.FormatUint(stat.Ino, 10)) {
			n++
		}
	}
	return n
}
