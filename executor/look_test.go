package executor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"collector/connectors"
	"collector/connectors/github"
	"collector/fetch"
	"collector/state"
)

// TestLook reads as many pages as are wanted, stops at what is no page, and hands over
// what was seen before an error.
func TestLook(t *testing.T) {
	wrong := errors.New("the wire is cut")
	page := func(n int) connectors.Reply {
		return connectors.Reply{Status: http.StatusOK, Header: http.Header{"Link": {`<https://api.github.com/user/starred?page=9>; rel="last"`}}, Body: fmt.Appendf(nil,
			`[{"starred_at":"2026-02-14T19:45:30Z","repo":{"id":%d,"full_name":"a/b","html_url":"https://github.com/a/b"}}]`, n)}
	}
	for name, c := range map[string]struct {
		list  func(call int) (connectors.Reply, error)
		want  int
		calls int // of the list
		err   error
	}{
		"as many as wanted": {func(n int) (connectors.Reply, error) { return page(n), nil }, 3, 3, nil},
		"a refusal":         {func(int) (connectors.Reply, error) { return connectors.Reply{Status: 500}, nil }, 1, 1, nil},
		"half a page": {func(n int) (connectors.Reply, error) {
			r := page(n)
			r.Body = r.Body[:40]
			return r, nil
		}, 1, 1, nil},
		"an error": {func(n int) (connectors.Reply, error) {
			if n == 2 {
				return connectors.Reply{}, wrong
			}
			return page(n), nil
		}, 1, 2, wrong},
	} {
		t.Run(name, func(t *testing.T) {
			calls, identity := 0, 0
			do := func(_ context.Context, call fetch.Call) (connectors.Reply, error) {
				r, err := connectors.Reply{Status: http.StatusOK, Body: []byte(`{"id":7,"login":"ada"}`)}, error(nil)
				if call.Request.URL == "https://api.github.com/user" {
					identity++
				} else {
					calls++
					r, err = c.list(calls)
				}
				if err == nil {
					err = call.Use(r)
				}
				if len(r.Body) > 0 {
					clear(r.Body) // its memory is used again
				}
				r.Body = nil
				return r, err
			}
			n := state.Network{AccountID: "a", Account: "ada", RemoteID: "7", Service: "github", Provider: "github", Progress: state.Progress{Mode: state.Normal, Resume: "x"}}
			seen, err := Look(t.Context(), do, github.New(), n, 3, 1)
			if !errors.Is(err, c.err) || len(seen.Pages) != c.want || calls != c.calls || identity != 1 || seen.Identity == nil {
				t.Errorf("%d pages, %d calls, %d for the identity: %v", len(seen.Pages), calls, identity, err)
			}
			if q := seen.Query; q.Walk != connectors.Backfill || q.PageSize != 1 || q.Account.ID != "7" || q.Cursor != "" {
				t.Errorf("the first page was asked for as %+v", q)
			}
			if string(seen.Identity.Body) != `{"id":7,"login":"ada"}` || len(seen.Pages[0].Body) > 0 && seen.Pages[0].Body[0] == 0 {
				t.Errorf("what was seen is in memory that is used again: %q %q", seen.Identity.Body, seen.Pages[0].Body)
			}
		})
	}
}
