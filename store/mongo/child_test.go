//go:build mongo

package mongo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"collector/internal/children"
	"collector/item"
	"collector/state"
	"collector/store"
)

// isChild runs the role of a child process: "role", or "role service" where it saves pages
// of a service other than github, address and the hour of its clock.
func isChild() (code int, is bool) {
	role := children.Role()
	if len(role) != 3 {
		return 0, false
	}
	hour, err := strconv.Atoi(role[2])
	if err == nil {
		err = child(role[0], role[1], noon.Add(time.Duration(hour)*time.Hour))
	}
	return children.Code(err), true
}

func child(role, at string, now time.Time) error {
	ctx := context.Background()
	s, err := Open(ctx, at, opts("child"))
	if err != nil {
		return err
	}
	role, service, _ := strings.Cut(role, " ")
	w := pageWriter{Store: s, service: cmp.Or(service, "github"), now: now, said: func(network string, pages int64) { fmt.Println("page", network, pages) }}
	switch role {
	case "open":
		return s.Close()
	case "renewing": // as a daemon does beside its pages, here much more often
		go func() {
			for range time.Tick(300 * time.Millisecond) {
				if err := s.Renew(ctx, w.owner(), now.Add(time.Minute)); err != nil {
					fmt.Println("error", err)
				}
			}
		}()
	}
	for {
		if err := w.turn(ctx, ofAllKinds); err != nil {
			return err
		}
	}
}

// perPage is how many items a page holds.
const perPage = 20

// pageWriter saves pages of the networks of a service.
type pageWriter struct {
	store.Store
	service string
	now     time.Time
	said    func(network string, pages int64)
}

func (w pageWriter) owner() string { return "child of " + w.service }

// turn goes on with every network of the service where its last owner was killed: some
// pages of each, those of all at the same time, each told once it is committed;
// then the networks are released.
func (w pageWriter) turn(ctx context.Context, page func(state.Claimed) state.Page) error {
	const most = 10
	got, err := w.Claim(ctx, state.Claim{Mode: state.Initial, Owner: w.owner(), Now: w.now, Until: w.now.Add(time.Minute), N: most, Services: map[string]int{w.service: most}})
	if err != nil {
		return err
	}
	if len(got) == 0 {
		return errors.New("nothing to claim")
	}
	errs := make([]error, len(got))
	var all sync.WaitGroup
	for i, c := range got {
		all.Go(func() {
			for range 3 {
				p := page(c)
				if _, errs[i] = w.Commit(ctx, c.Lease, p); errs[i] != nil {
					return
				}
				c.Progress = p.After
				w.said(c.ID, p.After.Walks)
			}
			c.Progress.ScheduledTo = w.now
			errs[i] = w.Release(ctx, c.Lease, c.Progress)
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// ofAllKinds is the next page of a network. Each third is saved alone, and takes back
// what the page before has brought.
func ofAllKinds(c state.Claimed) state.Page {
	p := nextPage(c, c.Progress)
	if n := c.Progress.Walks; n%3 == 2 {
		p.Kind = "sweep"
		p.Removed = []string{fmt.Sprint((n - 1) * perPage), fmt.Sprint((n-1)*perPage + 1)}
	}
	return p
}

// nextPage is the page that follows a progress; Walks counts pages here. One item
// stands on each second page and says something else each time; the others have nothing
// but what is new, and are saved in steps on a replica set too.
func nextPage(c state.Claimed, after state.Progress) state.Page {
	n := after.Walks
	after.Walks++
	p := state.Page{ID: fmt.Sprint(c.ID, "/1/", n), Kind: "backfill", Walk: 1, ObservedAt: noon, After: after}
	for i := range perPage {
		p.Items = append(p.Items, liked(fmt.Sprint(n*perPage+int64(i)), fmt.Sprint("of page ", n)))
	}
	if n%2 == 0 {
		p.Items = append(p.Items, liked("again", fmt.Sprintf("seen %d times before", n/2)))
	}
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
