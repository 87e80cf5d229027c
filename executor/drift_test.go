package executor_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"collector/connectors"
	"collector/connectors/bluesky"
	"collector/connectors/github"
	"collector/connectors/lastfm"
	"collector/connectors/mastodon"
	"collector/connectors/pinboard"
	"collector/connectors/spotify"
	"collector/executor"
	"collector/fetch"
	"collector/scheduler"
	"collector/simulate"
	"collector/state"
	"collector/store"
	"collector/store/memory"
)

var seeds = flag.Int("drift.seeds", usualSeeds, "random histories per walk strategy; 10000 is the figure of the promise")

// world is one network over one simulated account, in virtual time.
type world struct {
	t         *testing.T
	now       time.Time
	sim       *simulate.Sim
	account   simulate.Account
	token     string
	store     store.Store
	connector connectors.Connector
	network   string
	executor  *executor.Executor
	calls     int
}

func newWorld(t *testing.T, c connectors.Connector, seed uint64, likes int) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), connector: c}
	info := c.Info()
	clock := func() time.Time { return w.now }
	w.sim = simulate.New(simulate.Options{
		Seed: seed, Now: clock, SessionLife: 10 * 365 * 24 * time.Hour,
		Budgets: map[string][]simulate.Budget{info.Provider: {}},
	})
	var err error
	if w.account, err = w.sim.AddAccount(simulate.Spec{Service: info.Provider, Likes: likes}); err != nil {
		t.Fatal(err)
	}
	w.store = memory.New()
	server := ""
	switch info.Provider {
	case simulate.Mastodon:
		server = "https://social.example"
	case simulate.Gitea:
		server = "https://git.example"
	case simulate.Subsonic:
		server = "https://music.example"
	}
	if len(info.Hosts) > 0 && info.Server != "" {
		server = info.Server
	}
	a := state.Account{ID: "a1", User: "me", Provider: info.Provider, Server: server, Name: "given", CreatedAt: w.now}
	n := state.Network{ID: "n1", AccountID: "a1", User: "me", Service: info.Name, Provider: info.Provider, Server: server, Account: "given", Params: map[string]string{"user": w.account.Name}, CreatedAt: w.now}
	if err := w.store.AddAccount(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if err := w.store.AddNetworks(t.Context(), []state.Network{n}); err != nil {
		t.Fatal(err)
	}
	w.network = n.ID
	w.executor = &executor.Executor{Store: w.store, Do: w.do, Now: clock, Pages: 10, Version: "test"}
	w.token = w.signIn()
	return w
}

// signIn returns a bearer token; Bluesky gives one for an app password, and a music
// server takes the password itself.
func (w *world) signIn() string {
	var c struct{ Access, Identifier, AppPassword string }
	if json.Unmarshal([]byte(w.account.Tokens[0]), &c) != nil || c.AppPassword == "" {
		return cmp.Or(c.Access, w.account.Tokens[0])
	}
	if w.connector.Info().Provider == simulate.Subsonic {
		return c.AppPassword
	}
	body, _ := json.Marshal(map[string]string{"identifier": c.Identifier, "password": c.AppPassword})
	req, _ := http.NewRequest("POST", "https://bsky.social/xrpc/com.atproto.server.createSession", bytes.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	reply, err := w.sim.Transport().RoundTrip(req)
	if err != nil {
		w.t.Fatal(err)
	}
	var session struct{ AccessJwt string }
	if err := json.NewDecoder(reply.Body).Decode(&session); err != nil || session.AccessJwt == "" {
		w.t.Fatalf("no session: %d %v", reply.StatusCode, err)
	}
	return session.AccessJwt
}

// do is a client without limits, pacing and refresh.
func (w *world) do(ctx context.Context, c fetch.Call) (connectors.Reply, error) {
	w.calls++
	w.now = w.now.Add(time.Second)
	if err := c.Before(); err != nil {
		return connectors.Reply{}, err
	}
	method := c.Request.Method
	if method == "" {
		method = http.MethodGet
	}
	const salt = "c0ffee00"
	sum := md5.Sum([]byte(w.token + salt))
	address := c.Request.URL
	for field, value := range map[string]string{"access": w.token, "identifier": w.account.Name, "salt": salt, "salted": hex.EncodeToString(sum[:])} {
		address = strings.ReplaceAll(address, url.QueryEscape(connectors.Secret(field)), url.QueryEscape(value))
	}
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(c.Request.Body))
	if err != nil {
		return connectors.Reply{}, err
	}
	for k, v := range c.Request.Header {
		req.Header[k] = v
	}
	if !c.Request.Anonymous && c.Info.Auth.Header != "" {
		req.Header.Set("Authorization", "Bearer "+w.token)
	}
	if c.ETag != "" {
		req.Header.Set("If-None-Match", c.ETag)
	}
	reply, err := w.sim.Transport().RoundTrip(req)
	if err != nil {
		return connectors.Reply{}, err
	}
	defer reply.Body.Close()
	body, err := io.ReadAll(reply.Body)
	if err != nil {
		return connectors.Reply{}, err
	}
	out := connectors.Reply{Status: reply.StatusCode, Header: reply.Header, Body: body, Origin: req.URL.Scheme + "://" + req.URL.Host}
	if out.Status != http.StatusOK && out.Status != http.StatusNotModified && !c.Any {
		return out, fmt.Errorf("status %d for %s: %.200s", out.Status, c.Request.URL, body)
	}
	return use(c, out)
}

var policy = scheduler.Policy{PollMin: 5 * time.Minute, PollMax: 6 * time.Hour, BackoffMin: time.Minute, BackoffMax: time.Hour}

// run claims the network when it is due, runs it and releases it.
func (w *world) run() executor.Outcome {
	w.t.Helper()
	n, err := w.store.Network(w.t.Context(), w.network)
	if err != nil {
		w.t.Fatal(err)
	}
	if n.ScheduledTo.After(w.now) {
		w.now = n.ScheduledTo
	}
	claimed, err := w.store.Claim(w.t.Context(), state.Claim{
		Mode: n.Mode, Owner: "o", Now: w.now, Until: w.now.Add(time.Hour), N: 1,
		Services: map[string]int{n.Service: 1},
	})
	if err != nil || len(claimed) != 1 {
		w.t.Fatalf("claimed %d, %v: %+v", len(claimed), err, n)
	}
	out := w.executor.Run(w.t.Context(), executor.Job{
		Claimed: claimed[0], Connector: w.connector, Held: func() error { return nil }, Drain: make(chan struct{}),
	})
	if err := w.store.Release(w.t.Context(), claimed[0].Lease, scheduler.Next(w.now, policy, out)); err != nil {
		w.t.Fatal(err)
	}
	return out
}

// collected is what the store holds, with the like times where the service
// tells them.
func (w *world) collected() map[string]time.Time {
	got := map[string]time.Time{}
	err := w.store.Each(w.t.Context(), store.Query{Network: w.network}, func(l store.Liked) error {
		got[l.ID] = time.Time{}
		if l.LikedFrom == "api" {
			got[l.ID] = l.LikedAt
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

// small is a connector whose pages are short, so that short lists have many.
type small struct {
	connectors.Connector
	connectors.Identifier
}

func short(c connectors.Connector) connectors.Connector { return small{c, c.(connectors.Identifier)} }

func (s small) Info() connectors.Info {
	i := s.Connector.Info()
	i.PageSize, i.PollPageSize = 10, 0
	i.EmptyPages += 10 // ten times the pages, ten times the shrunken end
	return i
}

var strategies = map[string]connectors.Connector{
	"ascending backfill, newest-first polls by like time (github)":      short(github.New()),
	"backfill by cursor, forward polls by min_id (mastodon)":            short(mastodon.New()),
	"backfill by cursor, forward polls by reverse (bluesky)":            short(bluesky.New()),
	"numbered pages newest first, back by what was taken back (lastfm)": short(lastfm.New()),
	"offsets newest first, back by what was taken out (spotify)":        short(spotify.New()),
	"backfill by time, forward polls by the last change (pinboard)":     short(pinboard.New()),
}

// Promise R7: likes, un-likes and re-likes between the pages of backfills and
// polls lose nothing. What was liked when a poll began is there when it ended.
// Defect 4: normal mode reads one page and loses the rest.
// Defect 8: an old thing that is liked today is missed.
func TestPagingDriftLosesNothing(t *testing.T) {
	for name, c := range strategies {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(*seeds) {
				drift(t, c, seed)
				if t.Failed() {
					t.Fatalf("seed %d of %s: go test ./executor -run Drift", seed, name)
				}
			}
		})
	}
}

func drift(t *testing.T, c connectors.Connector, seed uint64) {
	rnd := rand.New(rand.NewPCG(seed, 7))
	w := newWorld(t, c, seed, rnd.IntN(90))
	if w.account.Key == "" {
		t.Fatal("no account")
	}
	churn := simulate.Churn{Account: w.account.Key, Chance: rnd.Float64(), Like: 1, Unlike: rnd.Float64() * 2, Relike: rnd.Float64()}
	if err := w.sim.AddChurn(churn); err != nil {
		t.Fatal(err)
	}
	w.executor.Pages = 1 + rnd.IntN(8)
	for range 12 {
		burst := rnd.IntN(4) * rnd.IntN(12)
		if _, err := w.sim.Like(w.account.Key, burst); err != nil {
			t.Fatal(err)
		}
		for range rnd.IntN(6) {
			w.run()
		}
	}
	w.sim.StopChurn()
	for range 60 { // until a whole poll came after the last change
		n, err := w.store.Network(t.Context(), w.network)
		if err != nil {
			t.Fatal(err)
		}
		out := w.run()
		if out.Err != nil {
			t.Fatalf("seed %d: %v", seed, out.Err)
		}
		if n.Mode == state.Normal && n.Walk == nil && out.Ended && out.Kind == "poll" && !out.SweepLeft {
			break
		}
	}
	d := w.sim.Compare(w.account.Key, w.collected())
	if len(d.Missing) > 0 || len(d.Invented) > 0 || len(d.WrongTime) > 0 {
		t.Errorf("seed %d: %v", seed, d)
	}
	if v := w.sim.Violations(); len(v) > 0 {
		t.Errorf("seed %d: %v", seed, v[0])
	}
}
