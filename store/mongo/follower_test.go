//go:build mongo && failpoint && unix

package mongo

import (
	"bufio"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"collector/store"
)

// spawn starts a child process; its lines come on the channel, which ends with it.
func spawn(t *testing.T, role, at string, hour int, env ...string) (*exec.Cmd, <-chan string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(append(os.Environ(), env...), childRole+"="+strings.Join([]string{role, at, strconv.Itoa(hour)}, "\n"))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	lines := make(chan string, 10_000)
	go func() {
		defer close(lines)
		for in := bufio.NewScanner(out); in.Scan(); {
			lines <- in.Text()
		}
	}()
	return cmd, lines
}

// follower reads the log upwards, as a delivery does.
type follower struct {
	since          int64
	added, changed map[string]int
}

// follow reads on; a number that is missing or comes late is an error.
func (f *follower) follow(t *testing.T, s store.Store) {
	t.Helper()
	for {
		got, err := s.Changes(t.Context(), "", f.since, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range got {
			if c.Seq != f.since+1 {
				t.Errorf("number %d of the log follows %d", c.Seq, f.since)
			}
			f.since = c.Seq
			for _, id := range c.Added {
				f.added[id]++
			}
			for _, id := range c.Changed {
				f.changed[id]++
			}
		}
		if len(got) == 0 {
			return
		}
	}
}

// differences holds what the log told to what is stored: every item was added once,
// and the one that changes with every page was told as often.
func (f *follower) differences(t *testing.T, s *Store, network string) int64 {
	t.Helper()
	n, err := s.Network(t.Context(), network)
	if err != nil {
		t.Fatal(err)
	}
	stored := 0
	err = s.Each(t.Context(), store.Query{Removed: true}, func(l store.Liked) error {
		stored++
		if f.added[l.ID] != 1 {
			t.Errorf("%s was added %d times by the log", l.ID, f.added[l.ID])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	pages := int(n.Walks)
	if want := pages*perPage + min(pages, 1); stored != want || len(f.added) != want || n.Items != want {
		t.Errorf("%d pages: %d items stored, %d told, %d counted; want %d", pages, stored, len(f.added), n.Items, want)
	}
	if f.changed["again"] != max(0, pages-1) {
		t.Errorf("an item that changed %d times was told to have changed %d times", pages-1, f.changed["again"])
	}
	if err := integrity(s); err != nil {
		t.Error(err)
	}
	return n.Walks
}
