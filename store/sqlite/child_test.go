package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"collector/internal/children"
	"collector/item"
	"collector/limit"
	"collector/state"
	"collector/store"
)

func TestMain(m *testing.M) {
	if role := children.Role(); len(role) == 3 {
		os.Exit(children.Code(child(role[0], role[1], role[2])))
	}
	// SQLite takes minutes for the usual hundred histories with -race. More:
	// go test ./store/sqlite -run AnyHistory -rapid.checks 1000
	if err := flag.Set("rapid.checks", "25"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// spawn starts a child process; its lines come on the channel, which ends with it.
func spawn(t *testing.T, role, path, owner string, env ...string) (*exec.Cmd, <-chan string) {
	t.Helper()
	return children.Start(t, []string{role, path, owner}, env...)
}

func child(role, path, owner string) error {
	ctx := context.Background()
	switch role {
	case "reads":
		return reads(path)
	case "restore":
		_, err := Restore(ctx, path, owner, options(""))
		return err
	}
	s, err := Open(ctx, path, options(owner))
	if err != nil {
		return err
	}
	switch role {
	case "share":
		return share(ctx, s, owner) // without Close, which would end the leases
	case "pages":
		return writePages(ctx, s, owner)
	case "hold":
		return s.(*Store).write(ctx, func(*tx) error {
			fmt.Println("held")
			<-time.After(time.Hour) // until it is killed
			return nil
		})
	case "backup":
		_, err := s.(*Store).Backup(ctx, path+".copy", true)
		return err
	}
	return fmt.Errorf("unknown role %q", role)
}

// reads is another program, which has the file open and knows nothing of ours.
func reads(path string) error {
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		return err
	}
	var n int
	if err := db.QueryRow("SELECT count(*) FROM items").Scan(&n); err != nil {
		return err
	}
	fmt.Println("open")
	<-time.After(time.Hour) // until it is killed
	return db.Close()
}

// mostShared is how many networks one process takes: it leaves some to the
// others, however fast it is.
const mostShared = 60

// share takes quotas and networks while other processes do. It begins once a
// second process is there.
func share(ctx context.Context, s store.Store, owner string) error {
	for there := 0; there < 2; {
		err := s.UpdateQuotas(ctx, []string{"there"}, func(rows []*limit.Row) error {
			if there == 0 {
				rows[0].Used++
			}
			there = max(1, rows[0].Used)
			return nil
		})
		if err != nil {
			return err
		}
	}
	taken := 0
	for range 150 {
		err := s.UpdateQuotas(ctx, []string{"k/1", "k/2"}, func(rows []*limit.Row) error {
			rows[0].Used++
			rows[1].Used++
			return nil
		})
		if err != nil {
			return err
		}
		n := min(3, mostShared-taken)
		got, err := s.Claim(ctx, state.Claim{Mode: state.Initial, Owner: owner, Now: noon, Until: noon.Add(time.Minute), N: n, Services: map[string]int{"github": n}})
		if err != nil {
			return err
		}
		taken += len(got)
		for _, c := range got {
			if _, err := s.Commit(ctx, c.Lease, pageOf(c, "1", liked("1", "by "+owner))); err != nil {
				return err
			}
			fmt.Println("claimed", c.ID)
		}
	}
	return nil
}

// perPage is how many items a page of writePages holds.
const perPage = 20

// writePages goes on where the last process was stopped: page after page, each
// said aloud once it is committed, with a release between some of them.
func writePages(ctx context.Context, s store.Store, owner string) error {
	fmt.Println("open")
	for {
		got, err := s.Claim(ctx, state.Claim{Mode: state.Initial, Owner: owner, Now: noon, Until: noon.Add(time.Minute), N: 1, Services: map[string]int{"github": 1}})
		if err != nil {
			return err
		}
		if len(got) == 0 {
			return errors.New("nothing to claim")
		}
		c := got[0]
		for range 5 {
			p := pageNumber(c, c.Progress)
			if _, err := s.Commit(ctx, c.Lease, p); err != nil {
				return err
			}
			c.Progress = p.After
			fmt.Println("page", p.After.Walks)
		}
		c.Progress.ScheduledTo = noon
		if err := s.Release(ctx, c.Lease, c.Progress); err != nil {
			return err
		}
	}
}

// pageNumber is the page that follows a progress; Walks counts pages here.
func pageNumber(c state.Claimed, after state.Progress) state.Page {
	n := after.Walks
	after.Walks++
	p := pageOf(c, fmt.Sprint(n))
	p.After = after
	for i := range perPage {
		p.Items = append(p.Items, liked(strconv.FormatInt(n*perPage+int64(i), 10), fmt.Sprint("of page ", n)))
	}
	p.Items = append(p.Items, item.Item{ID: "again", URL: "https://example.org/again", Kind: "post", Title: fmt.Sprint("seen on page ", n), LikedAt: noon, LikedFrom: item.FromAPI})
	return p
}

// checkPages holds a store to what writePages said and to itself, and returns
// how many pages are stored.
func checkPages(t *testing.T, s *Store, path, network string, said int64) int64 {
	t.Helper()
	ctx := t.Context()
	n, err := s.Network(ctx, network)
	if err != nil {
		t.Fatal(err)
	}
	if n.Walks < said {
		t.Errorf("%d pages are stored, but %d were said to be", n.Walks, said)
	}
	if want := int(n.Walks)*perPage + min(int(n.Walks), 1); n.Items != want {
		t.Errorf("%d items after %d pages, want %d", n.Items, n.Walks, want)
	}
	if last, err := s.LastChange(ctx); err != nil || last != n.Walks {
		t.Errorf("%d changes after %d pages, %v", last, n.Walks, err)
	}
	if err := integrity(path); err != nil {
		t.Error(err)
	}
	return n.Walks
}
