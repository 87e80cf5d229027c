package fetch

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"collector/auth"
	"collector/connectors"
	"collector/limit"
)

// quotaTable is a limit.Store in memory.
type quotaTable struct {
	mu   sync.Mutex
	rows map[string][]byte
	away time.Time // until then no change is made, as of a database that elects a primary
}

func (q *quotaTable) UpdateQuotas(ctx context.Context, keys []string, fn func([]*limit.Row) error) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Until(q.away)):
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	rows := make([]*limit.Row, len(keys))
	for i, k := range keys {
		rows[i] = &limit.Row{}
		if text, ok := q.rows[k]; ok {
			if err := json.Unmarshal(text, rows[i]); err != nil {
				return err
			}
		}
		rows[i].Key = k
	}
	if err := fn(rows); err != nil {
		return err
	}
	for _, r := range rows {
		text, err := json.Marshal(r)
		if err != nil {
			return err
		}
		q.rows[r.Key] = text
	}
	return nil
}

func (q *quotaTable) Owing(context.Context, []string) ([]string, error) { return nil, nil }

func (q *quotaTable) Quotas(_ context.Context, prefix string) ([]limit.Row, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var out []limit.Row
	for k, text := range q.rows {
		if strings.HasPrefix(k, prefix) {
			r := limit.Row{}
			if err := json.Unmarshal(text, &r); err != nil {
				return nil, err
			}
			r.Key = k
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b limit.Row) int { return strings.Compare(a.Key, b.Key) })
	return out, nil
}

// vault is an auth.Store in memory.
type vault struct {
	mu      sync.Mutex
	records map[string]auth.Record
	owner   map[string]string
}

func newVault() *vault { return &vault{records: map[string]auth.Record{}, owner: map[string]string{}} }

func (v *vault) Credential(_ context.Context, account string) (auth.Record, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	r, ok := v.records[account]
	if !ok {
		return auth.Record{}, auth.ErrNone
	}
	return r, nil
}

func (v *vault) SaveCredential(_ context.Context, r auth.Record) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.records[r.Account].Version != r.Version {
		return auth.ErrConflict
	}
	r.Version++
	v.records[r.Account] = r
	return nil
}

func (v *vault) Credentials(context.Context, string, int) ([]auth.Record, error) { return nil, nil }

func (v *vault) LeaseRefresh(_ context.Context, account, owner string, _, _ time.Time) (bool, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if o := v.owner[account]; o != "" && o != owner {
		return false, nil
	}
	v.owner[account] = owner
	return true, nil
}

func (v *vault) EndRefresh(_ context.Context, account, _ string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.owner, account)
	return nil
}

// wire is a fake service: it answers signed requests.
type wire func(*http.Request) (*http.Response, error)

func (w wire) RoundTrip(r *http.Request) (*http.Response, error) { return w(r) }

// answer makes a reply; header is name, value, name, value, …
func answer(status int, body string, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i+1 < len(header); i += 2 {
		h.Add(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(bytes.NewReader([]byte(body))), ContentLength: int64(len(body))}
}

const ringText = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

// bench is a client with all its surroundings.
type bench struct {
	*Client
	keeper *auth.Keeper
	quotas *quotaTable
	vault  *vault
}

func newBench(t *testing.T, cfg Config) *bench {
	t.Helper()
	ring, err := auth.ParseKeys(ringText)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{quotas: &quotaTable{rows: map[string][]byte{}}, vault: newVault()}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	cfg.Version = "1.2.3"
	cfg.Ledger = limit.New(b.quotas, "p1", cfg.Now)
	b.keeper = auth.NewKeeper(b.vault, ring, auth.Providers(), "p1", cfg.Now)
	cfg.Keeper = b.keeper
	if b.Client, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func (b *bench) store(t *testing.T, account, text string) {
	t.Helper()
	c, err := auth.ParseCredential(text)
	if err == nil {
		err = b.keeper.Put(t.Context(), account, c)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// canary is the token of tests: it must never come back.
const canary = "ghp_CANARY/7+token"

var github = connectors.Info{
	Name: "github", Provider: "github", Title: "GitHub stars",
	Hosts: []string{"api.github.example"},
	Auth:  connectors.Auth{Header: "Authorization", Prefix: "Bearer "},
	Quotas: []connectors.Quota{{
		Name: "core", Scope: connectors.PerAccount, Unit: "calls", N: 5000, Per: time.Hour, Parallel: 100,
		Report: connectors.Report{Limit: "X-RateLimit-Limit", Remaining: "X-RateLimit-Remaining", Reset: "X-RateLimit-Reset"},
	}},
}

// social is a service whose users name their own server.
var social = connectors.Info{
	Name: "mastodon", Provider: "mastodon", Title: "Mastodon favourites", Servers: true,
	Auth: connectors.Auth{Header: "Authorization", Prefix: "Bearer "},
}

func star(path string) Call {
	return Call{
		Info: github, Account: "a1", Remote: "583231", User: "me", Name: "github/octocat", Class: limit.Poll,
		Request: connectors.Request{URL: "https://api.github.example" + path},
	}
}
