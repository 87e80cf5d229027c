package executor_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"collector/connectors"
	"collector/executor"
	"collector/fetch"
	"collector/item"
	"collector/limit"
	"collector/scheduler"
	"collector/state"
	"collector/store"
	"collector/store/memory"
)

// barring is a service in virtual time that refuses three calls, each time until
// it is over in a given form, and counts what comes too early.
type barring struct {
	t    *testing.T
	form form

	mu       sync.Mutex
	until    time.Time // no call is welcome before
	told     time.Time // when the answer said so
	refusals int
	early    int
	beside   int // calls beside another of the account
	flying   int
	after    time.Duration // from the end of the last wait to the next call
	served   int
}

const (
	bars     = 3 // limits in a row
	siblings = 4 // networks that share the account
)

// RoundTrip answers after 50 ms.
func (b *barring) RoundTrip(r *http.Request) (*http.Response, error) {
	b.mu.Lock()
	now := time.Now()
	if b.flying++; b.flying > 1 {
		b.beside++
	}
	if now.Before(b.until) {
		b.early++
		b.t.Errorf("a call %v before %v, %v after the service named that time", b.until.Sub(now), b.until, now.Sub(b.told))
	}
	if !b.until.IsZero() {
		b.after = now.Sub(b.until)
	}
	said := answer{status: http.StatusOK, body: `{"ids":["a","b"]}`}
	if wait := b.form.wait << b.doubling(); b.refusals < bars {
		b.until, b.told = now.Add(50*time.Millisecond+wait), now.Add(50*time.Millisecond)
		said = b.form.reply(b.told, b.until)
		b.refusals++
	} else {
		b.until = time.Time{}
		b.served++
	}
	b.mu.Unlock()
	time.Sleep(50 * time.Millisecond) // virtual
	b.mu.Lock()
	b.flying--
	b.mu.Unlock()
	h := http.Header{"Date": {time.Now().UTC().Format(http.TimeFormat)}, "Content-Type": {"application/json"}}
	for k, v := range said.header {
		h.Set(k, v)
	}
	return &http.Response{StatusCode: said.status, Header: h, Body: io.NopCloser(bytes.NewBufferString(said.body)), Request: r, ProtoMajor: 1, ProtoMinor: 1}, nil
}

// doubling is how often the wait has doubled, where no time is named.
func (b *barring) doubling() int {
	if b.form.want == 0 {
		return 0
	}
	return b.refusals
}

// shy is a connector of a service that bars: two likes on one page.
type shy struct{ form form }

func (s shy) Info() connectors.Info {
	return connectors.Info{
		Name: "shy", Provider: "shy", Hosts: []string{"shy.example"}, PageSize: 10, Order: connectors.ByLikeTime,
		Quotas: []connectors.Quota{{Name: "core", Scope: connectors.PerAccount, Unit: "calls", N: 5000, Per: time.Hour, Report: s.form.report}},
	}
}

func (shy) Request(connectors.Query) (connectors.Request, error) {
	return connectors.Request{URL: "https://shy.example/likes"}, nil
}

func (s shy) Parse(_ connectors.Query, r connectors.Reply) (connectors.Page, error) {
	page := connectors.Page{}
	var body listed
	if err := connectors.Decode(r, &body); err != nil {
		return page, err
	}
	for _, id := range body.IDs {
		page.Items = append(page.Items, item.Item{ID: id, URL: "https://shy.example/" + id, Title: id})
	}
	if s.form.usage != nil {
		page.Usage = s.form.usage(r)
	}
	return page, nil
}

func (s shy) Fault(r connectors.Reply) error {
	if s.form.fault == nil {
		return nil
	}
	return s.form.fault(r)
}

// Promise R5 for every form in which a service tells of a limit (forms has the
// table): three processes ask again and again, restarted each time, at random
// moments and right before the end. No call comes before the time that the
// service named, one call follows it, and what was liked is stored in the end.
func TestEveryFormOfLimit(t *testing.T) {
	for _, f := range forms {
		t.Run(f.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &barring{t: t, form: f}
				st := memory.New()
				for i := range siblings {
					id := fmt.Sprint("n", i)
					if i == 0 {
						if err := st.AddAccount(t.Context(), state.Account{ID: "a1", User: "me", Provider: "shy", Name: "given", RemoteID: "7"}); err != nil {
							t.Fatal(err)
						}
					}
					n := state.Network{ID: id, AccountID: "a1", User: "me", Service: "shy", Provider: "shy", Account: "given", RemoteID: "7", Params: map[string]string{"part": id}, CreatedAt: time.Now()}
					if err := st.AddNetworks(t.Context(), []state.Network{n}); err != nil {
						t.Fatal(err)
					}
				}
				rnd := rand.New(rand.NewPCG(5, uint64(len(f.name))))
				starts, asked := 0, 6
				if *seeds >= 1000 {
					asked = 60
				}
				for range bars {
					before := b.refusals
					for tries := 0; b.refusals == before; tries++ { // until the service bars
						if tries == 100 {
							t.Fatalf("no call comes any more after limit %d", before)
						}
						starts += b.restart(st, rnd)
						time.Sleep(time.Second)
					}
					if slack := b.after; before > 0 && slack > 5*time.Second && f.want == 0 {
						t.Errorf("the call after limit %d came %v after it could", before, slack)
					}
					waits := b.wait(f)
					for range asked {
						if left := time.Until(b.told.Add(waits)); left > 0 {
							time.Sleep(time.Duration(rnd.Int64N(int64(left)/4 + 1)))
						}
						starts += b.restart(st, rnd)
					}
					if left := time.Until(b.told.Add(waits)) - time.Millisecond; left > 0 {
						time.Sleep(left)
						starts += b.restart(st, rnd)
					}
					if b.refusals != before+1 {
						t.Fatalf("%d calls in one window", b.refusals-before)
					}
					b.shown(st)
				}
				for tries := 0; b.served < siblings && tries < 200; tries++ {
					starts += b.restart(st, rnd)
					time.Sleep(time.Second)
				}
				if b.early > 0 || b.beside > 0 || b.served < siblings {
					t.Errorf("%d calls too early, %d beside another, %d of %d networks collected in the end", b.early, b.beside, b.served, siblings)
				}
				t.Logf("%d limits, %d starts of a process: 0 calls before the end, the next %v after it", b.refusals, starts, b.after)
			})
		})
	}
}

// wait is how long nobody may call after the last answer.
func (b *barring) wait(f form) time.Duration {
	if f.want > 0 {
		return f.want << (b.refusals - 1)
	}
	return b.until.Sub(b.told)
}

// restart begins three processes that know nothing but the store. A person asks
// for every network at once, so that all try.
func (b *barring) restart(st store.Store, rnd *rand.Rand) int {
	t := b.t
	t.Helper()
	var wg sync.WaitGroup
	for i := range siblings {
		if err := st.WishSync(t.Context(), fmt.Sprint("n", i), false, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		owner := fmt.Sprint("p", rnd.Uint64())
		ledger := limit.New(st, owner, time.Now)
		client, err := fetch.New(fetch.Config{Version: "test", Now: time.Now, Ledger: ledger, Transport: b})
		if err != nil {
			t.Fatal(err)
		}
		e := &executor.Executor{Store: st, Do: client.Do, Now: time.Now, Pages: 5, Version: "test"}
		for _, mode := range []state.Mode{state.Initial, state.Normal} {
			claimed, err := st.Claim(t.Context(), state.Claim{
				Mode: mode, Owner: owner, Now: time.Now(), Until: time.Now().Add(30 * time.Second), N: 1 + rnd.IntN(siblings), Services: map[string]int{"shy": siblings},
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range claimed {
				wg.Go(func() {
					out := e.Run(context.WithoutCancel(t.Context()), executor.Job{Claimed: c, Connector: shy{b.form}, Held: func() error { return nil }, Drain: make(chan struct{})})
					if err := st.Release(context.WithoutCancel(t.Context()), c.Lease, scheduler.Next(time.Now(), policy, out)); err != nil {
						t.Error(err)
					}
				})
			}
		}
		defer client.Close()
	}
	wg.Wait()
	return 3
}

// shown holds that every network says until when it waits, and why.
func (b *barring) shown(st store.Store) {
	for i := range siblings {
		n, err := st.Network(b.t.Context(), fmt.Sprint("n", i))
		if err != nil {
			b.t.Fatal(err)
		}
		// The last try was less than a second before the end: what waits says so,
		// and no failure is counted.
		if n.Failures > 0 || n.BadRuns > 0 || n.Condition != state.Limited && n.Condition != state.OK || n.Reason == "" {
			b.t.Errorf("%s is %s after a limit, %d failures: %s", n.ID, n.Condition, n.Failures+n.BadRuns, n.Reason)
		}
	}
}
