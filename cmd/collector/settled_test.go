package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"collector/auth"
	"collector/cmd/collector/internal/config"
	"collector/fetch"
	"collector/limit"
	"collector/state"
	"collector/store"
	"collector/store/memory"
)

// leaving is a store whose ledger is out of reach for a time, as a database is while
// it elects another primary.
type leaving struct {
	store.Store
	mu   sync.Mutex
	back time.Time
}

func (l *leaving) UpdateQuotas(ctx context.Context, keys []string, fn func([]*limit.Row) error) error {
	l.mu.Lock()
	away := time.NewTimer(time.Until(l.back))
	l.mu.Unlock()
	defer away.Stop()
	select {
	case <-away.C:
		return l.Store.UpdateQuotas(ctx, keys, fn)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// limiting is a service that answers late, and only to ask for an hour's pause. Its
// answer meets a store that is away.
type limiting struct {
	st       *leaving
	late     time.Duration
	away     time.Duration
	answered time.Time
}

func (l *limiting) RoundTrip(*http.Request) (*http.Response, error) {
	time.Sleep(l.late)
	l.st.mu.Lock()
	l.answered = time.Now()
	l.st.back = l.answered.Add(l.away)
	l.st.mu.Unlock()
	return &http.Response{StatusCode: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"3600"}}, Body: io.NopCloser(strings.NewReader("{}"))}, nil
}

// Promise R5: a stop never cuts off a limit that was met while the store is away, with
// the times that are in force. Where the store stays away, the log says until when the
// service asked to wait.
func TestStopStoresWhatServicesAskFor(t *testing.T) {
	for name, c := range map[string]struct {
		away   time.Duration
		stored bool
	}{
		"another primary is elected": {20 * time.Second, true},
		"just in time":               {fetch.SettleTime - time.Second, true},
		"it stays away":              {time.Hour, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { stopsWhileAway(t, c.away, c.stored) })
		})
	}
}

func stopsWhileAway(t *testing.T, away time.Duration, stored bool) {
	var out bytes.Buffer
	a := newApp(nil, nil, &out, &out)
	a.now, a.conf = time.Now, &config.Loaded{Config: config.Default(a.infos())}
	a.conf.Store, a.conf.Listen, a.conf.LogFormat, a.conf.DiskFloor = "memory:", "off", "json", "0"
	a.conf.SecretKey = config.Secret{Secret: auth.NewSecret("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")}
	st := &leaving{Store: memory.New()}
	service := &limiting{st: st, late: 14 * time.Second, away: away}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stopped := make(chan time.Time, 1)
	err := a.collect(ctx, st, collecting{
		owner: "me-1", poll: a.pollTimes, transport: service,
		ready: func(cl *client) {
			dueStars(t, st, cl)
			time.AfterFunc(2*time.Second, func() { stopped <- time.Now(); cancel() })
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(<-stopped)
	if grace := a.conf.Grace; service.answered.IsZero() || took <= grace && stored || took > grace+fetch.SettleTime {
		t.Errorf("the stop took %v, asked at %v", took, service.answered)
	}
	asked := service.answered.Add(time.Hour)
	rows, err := st.Quotas(context.WithoutCancel(ctx), "github/core/583231")
	if err != nil || len(rows) != 1 || stored == rows[0].Blocked.Before(asked) {
		t.Errorf("the next collector reads %+v, %v", rows, err)
	}
	if said := strings.Contains(out.String(), asked.UTC().Format("2006-01-02T15:04:05")); said == stored {
		t.Errorf("it says\n%s", out.String())
	}
}

// dueStars adds a network of stars that is due.
func dueStars(t *testing.T, st store.Store, cl *client) {
	t.Helper()
	cred, err := auth.ParseCredential("canary-canary-canary")
	if err == nil {
		err = cl.keeper.Put(t.Context(), "a1", cred)
	}
	if err == nil {
		err = st.AddAccount(t.Context(), state.Account{ID: "a1", User: "me", Provider: "github", Name: "octocat", RemoteID: "583231"})
	}
	if err == nil {
		err = st.AddNetworks(t.Context(), []state.Network{{
			ID: "n1", AccountID: "a1", User: "me", Service: "github", Provider: "github", Account: "octocat", RemoteID: "583231",
			Progress: state.Progress{Mode: state.Initial}, CreatedAt: time.Now(),
		}})
	}
	if err != nil {
		t.Error(err)
	}
}
