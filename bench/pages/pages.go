// Package pages measures how soon a web page begins to arrive, and how much it is, with so
// many likes in the store: each page is asked for over a real connection, by somebody who is
// signed in as the user with most of the likes.
package pages

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"collector/bench/figure"
	"collector/bench/search"
	"collector/connectors"
	"collector/connectors/all"
	"collector/control"
	"collector/grant"
	"collector/store"
	"collector/store/sqlite"
	"collector/web"
	"collector/web/site"
)

// few is how many likes there are in a short run.
const few = 1000

// The aims: a page begins within so many milliseconds, and has so many bytes compressed.
const (
	beginsAim = 50
	sizeAim   = 60 << 10
)

// Measurements are those of this package.
func Measurements() []figure.Measurement {
	return []figure.Measurement{
		{Name: "pages/sqlite/100k", What: "how soon each web page begins to arrive with 100,000 likes on SQLite, and how large it is", Do: onSQLite("100k", 100_000)},
		{Name: "pages/sqlite/1M", What: "the same with 1,000,000 likes", Do: onSQLite("1M", 1_000_000)},
	}
}

func onSQLite(name string, items int) func(context.Context, figure.Run) ([]figure.Figure, error) {
	return func(ctx context.Context, r figure.Run) (out []figure.Figure, err error) {
		st, err := sqlite.Open(ctx, filepath.Join(r.Dir, "library.db"), store.Options{Owner: "bench", Lease: time.Hour, Now: search.Noon})
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, st.Close()) }()
		if r.Short {
			items = few
		}
		asked, err := search.Fill(ctx, st, items, r.Seed)
		if err != nil {
			return nil, err
		}
		return measure(ctx, r, "pages/sqlite/"+name, st, asked)
	}
}

// visitor is who looks: somebody who is signed in and sees what is his.
func visitor(*http.Request) (grant.Who, error) {
	return grant.Who{User: "me", Kind: grant.Session, ID: "s", Scopes: []grant.Scope{grant.Read, grant.Write, grant.Feeds}}, nil
}

// serve are the pages over a store.
func serve(st store.Store) (*httptest.Server, error) {
	log := slog.New(slog.DiscardHandler)
	h, err := site.New(site.Config{
		Panel: &control.Panel{
			Store: st, Connectors: all.Connectors(),
			Polls:  func(string) (time.Duration, time.Duration) { return time.Minute, time.Hour },
			Budget: func(connectors.Info) (int, string) { return 0, "" },
		},
		Grants: grant.New(grant.NewMemory(), log), Identify: visitor,
		Secure: func(*http.Request) bool { return false }, From: func(*http.Request) netip.Addr { return netip.Addr{} },
		Now: search.Noon, Version: "bench", Log: log,
	})
	if err != nil {
		return nil, err
	}
	return httptest.NewServer(web.Wrap(web.Config{Handler: h, Log: log, Now: time.Now})), nil
}

func measure(ctx context.Context, r figure.Run, name string, st store.Store, asked []string) ([]figure.Figure, error) {
	server, err := serve(st)
	if err != nil {
		return nil, err
	}
	defer server.Close()
	pages := map[string][]string{"likes": {"/"}, "accounts": {"/accounts"}, "list": {"/accounts/github/list00"}, "activity": {"/activity"}, "settings": {"/settings"}, "connect": {"/connect"}}
	for _, text := range asked {
		pages["search"] = append(pages["search"], "/?"+url.Values{"q": {text}}.Encode())
	}
	rounds, largest := max(5, r.Repeats), 0
	if r.Short {
		rounds = 1
	}
	took := map[string][]float64{}
	for range rounds {
		for kind, paths := range pages {
			for _, path := range paths {
				ms, size, err := ask(ctx, server.URL+path)
				if err != nil {
					return nil, fmt.Errorf("asking for %s: %w", path, err)
				}
				took[kind] = append(took[kind], ms)
				largest = max(largest, size)
			}
		}
	}
	var out []figure.Figure
	for _, kind := range slices.Sorted(maps.Keys(pages)) {
		values := slices.Sorted(slices.Values(took[kind]))
		out = append(out, figure.Figure{Name: name + "/" + kind + "/p95", Unit: "ms", Ours: values[(len(values)*95+99)/100-1], Limit: beginsAim, Repeats: rounds, Note: fmt.Sprintf("%d addresses; median %.1f ms", len(pages[kind]), figure.Median(values))})
	}
	return append(out, figure.Figure{Name: name + "/largest", Unit: "bytes", Ours: float64(largest), Limit: sizeAim, Repeats: rounds, Note: "compressed, the page alone"}), nil
}

// ask is how many milliseconds the first byte took, and how large the answer is compressed.
func ask(ctx context.Context, address string) (ms float64, size int, err error) {
	var first time.Time
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotFirstResponseByte: func() { first = time.Now() }})
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, 0, err
	}
	began := time.Now()
	reply, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, 0, err
	}
	defer reply.Body.Close()
	body, err := io.ReadAll(reply.Body)
	if err != nil {
		return 0, 0, err
	}
	if reply.StatusCode != http.StatusOK || !strings.Contains(string(body), "<h1") {
		return 0, 0, fmt.Errorf("%s, and no page", reply.Status)
	}
	var n counted
	z := gzip.NewWriter(&n)
	if _, err := z.Write(body); err != nil {
		return 0, 0, err
	}
	err = z.Close()
	return float64(first.Sub(began).Microseconds()) / 1000, int(n), err
}

// counted is how many bytes were written.
type counted int

func (n *counted) Write(p []byte) (int, error) { *n += counted(len(p)); return len(p), nil }
