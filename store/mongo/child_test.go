//go:build mongo

package mongo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"collector/item"
	"collector/state"
	"collector/store"
)

// childRole tells this test binary to be another process of a test: "role",
// address and the hour of its clock. It is no setting of the program.
const childRole = "MONGO_TEST_CHILD"

// isChild runs the role of a child process.
func isChild() (code int, is bool) {
	role := strings.Split(os.Getenv(childRole), "\n")
	if len(role) != 3 {
		return 0, false
	}
	hour, err := strconv.Atoi(role[2])
	if err == nil {
		err = child(role[0], role[1], noon.Add(time.Duration(hour)*time.Hour))
	}
	if err != nil {
		fmt.Println("error", err)
		return 1, true
	}
	return 0, true
}

func child(role, at string, now time.Time) error {
	ctx := context.Background()
	s, err := Open(ctx, at, opts("child"))
	if err != nil {
		return err
	}
	if role == "open" {
		return s.Close()
	}
	if role == "renewing" { // as a daemon does beside its pages, here much more often
		go func() {
			for range time.Tick(300 * time.Millisecond) {
				if err := s.Renew(ctx, "child", now.Add(time.Minute)); err != nil {
					fmt.Println("error", err)
				}
			}
		}()
	}
	return writePages(ctx, s, now)
}

// perPage is how many items a page of writePages holds.
const perPage = 20

// writePages goes on where the last process was killed: page after page, each said
// aloud once it is committed, with a release between some of them.
func writePages(ctx context.Context, s store.Store, now time.Time) error {
	for {
		got, err := s.Claim(ctx, state.Claim{Mode: state.Initial, Owner: "child", Now: now, Until: now.Add(time.Minute), N: 1, Services: map[string]int{"github": 1}})
		if err != nil {
			return err
		}
		if len(got) == 0 {
			return errors.New("nothing to claim")
		}
		c := got[0]
		for range 3 {
			p := nextPage(c, c.Progress)
			if _, err := s.Commit(ctx, c.Lease, p); err != nil {
				return err
			}
			c.Progress = p.After
			fmt.Println("page", p.After.Walks)
		}
		c.Progress.ScheduledTo = now
		if err := s.Release(ctx, c.Lease, c.Progress); err != nil {
			return err
		}
	}
}

// nextPage is the page that follows a progress; Walks counts pages here. One item
// stands on every page and says something else on each.
func nextPage(c state.Claimed, after state.Progress) state.Page {
	n := after.Walks
	after.Walks++
	p := state.Page{ID: fmt.Sprint(c.ID, "/1/", n), Kind: "backfill", Walk: 1, ObservedAt: noon, After: after}
	for i := range perPage {
		p.Items = append(p.Items, liked(fmt.Sprint(n*perPage+int64(i)), fmt.Sprint("of page ", n)))
	}
	p.Items = append(p.Items, liked("again", fmt.Sprint("seen on page ", n)))
	return p
}

func liked(id, title string) item.Item {
	return item.Item{ID: id, URL: "https://example.org/" + id, Kind: "post", Title: title, LikedAt: noon, LikedFrom: item.FromAPI}
}

// seeded is a store with one account and network.
func seeded(t *testing.T, at string) (*Store, string) {
	t.Helper()
	s := opened(t, at, "parent")
	err := errors.Join(
		s.AddAccount(t.Context(), state.Account{ID: "acc", User: "me", Provider: "github", Name: "x"}),
		s.AddNetworks(t.Context(), []state.Network{{ID: "net", AccountID: "acc", Service: "github", CreatedAt: noon}}),
	)
	if err != nil {
		t.Fatal(err)
	}
	return s, "net"
}
