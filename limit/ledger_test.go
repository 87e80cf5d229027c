package limit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"collector/connectors"
	"collector/fault"
)

// table is a Store in memory that keeps rows as text, as a database does.
type table struct {
	mu   sync.Mutex
	rows map[string]string
}

func (s *table) UpdateQuotas(_ context.Context, keys []string, fn func([]*Row) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var rows []*Row
	for _, k := range keys {
		r := &Row{Key: k}
		if text, ok := s.rows[k]; ok {
			if err := json.Unmarshal([]byte(text), r); err != nil {
				return err
			}
		}
		rows = append(rows, r)
	}
	if err := fn(rows); err != nil {
		return err
	}
	for _, r := range rows {
		text, _ := json.Marshal(r)
		s.rows[r.Key] = string(text)
	}
	return nil
}

func (s *table) Owing(ctx context.Context, processes []string) (keys []string, err error) {
	rows, err := s.Quotas(ctx, "")
	for _, r := range rows {
		if r.Owes(processes) {
			keys = append(keys, r.Key)
		}
	}
	return keys, err
}

func (s *table) Quotas(_ context.Context, prefix string) ([]Row, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Row
	for _, k := range slices.Sorted(maps.Keys(s.rows)) {
		if strings.HasPrefix(k, prefix) {
			r := Row{Key: k}
			if err := json.Unmarshal([]byte(s.rows[k]), &r); err != nil {
				return nil, err
			}
			out = append(out, r)
		}
	}
	return out, nil
}

// service counts like a real one: fixed windows that begin with the first call.
type service struct {
	mu          sync.Mutex
	n           int
	per         time.Duration
	skew        time.Duration // its clock minus ours
	end         time.Time
	used        int
	blocked     time.Time // after a refusal: until when
	refused     int
	early       int // calls before the announced time
	served      int
	windows     []int
	flying, top int
}

func (s *service) call(latency time.Duration, spend int) Answer {
	s.mu.Lock()
	s.flying++
	s.top = max(s.top, s.flying)
	now := time.Now().Add(s.skew)
	if !now.Before(s.end) {
		if s.used > 0 {
			s.windows = append(s.windows, s.used)
		}
		s.end, s.used = now.Add(s.per).Truncate(time.Second).Add(time.Second), 0
	}
	if now.Before(s.blocked) {
		s.early++
	}
	a := Answer{}
	if s.used+spend > s.n {
		s.refused++
		s.blocked = s.end
		a.Limited = &Limited{Until: s.end, Reason: "429"}
	} else {
		s.used += spend
		s.served++
	}
	left, end := s.n-s.used, s.end
	s.mu.Unlock()
	time.Sleep(latency) // virtual: the caller runs in a synctest bubble
	s.mu.Lock()
	s.flying--
	a.Date = time.Now().Add(s.skew).Truncate(time.Second)
	s.mu.Unlock()
	a.At = time.Now()
	a.Usage = map[string]Usage{"core": {Limit: s.n, Left: &left, Reset: end}}
	return a
}

var core = connectors.Quota{
	Name: "core", Scope: connectors.PerAccount, Unit: "calls", N: 5000, Per: time.Hour,
	Report: connectors.Report{Limit: "l", Remaining: "r", Reset: "e"},
}

// worker calls until the deadline, waiting as the scheduler would.
func worker(ctx context.Context, t *testing.T, l *Ledger, s *service, need Need, class Class, end time.Time, rnd *rand.Rand) {
	for time.Now().Before(end) {
		p, err := l.Take(ctx, []Need{need}, class)
		if err == nil {
			err = p.Send(ctx)
			if err != nil {
				if _, e := l.Settle(ctx, p, nil); e != nil {
					t.Error(e)
				}
			}
		}
		if err != nil {
			f := fault.As(err)
			if f == nil || f.Kind != fault.RateLimited || !f.Busy || f.Reason == "" {
				t.Errorf("refusal %v is not a busy rate limit with a reason", err)
				return
			}
			time.Sleep(max(time.Millisecond, time.Until(f.Until)))
			continue
		}
		a := s.call(20*time.Millisecond+time.Duration(rnd.Int64N(int64(20*time.Millisecond))), 1)
		if _, err := l.Settle(ctx, p, &a); err != nil {
			t.Error(err)
			return
		}
	}
}

// Several processes with many workers on one budget use it up and never go over.
// Defect 7: a quota is never taken as unlimited.
func TestProcessesShareOneQuota(t *testing.T) {
	for _, scope := range []connectors.Scoping{connectors.PerAccount, connectors.PerApp} {
		for _, skew := range []time.Duration{0, -90 * time.Second, 7 * time.Hour} {
			t.Run(fmt.Sprintf("scope %d skew %v", scope, skew), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					q := core
					q.Scope, q.N, q.Parallel = scope, 100, 64 // the first guess is wrong on purpose
					svc := &service{n: 400, per: 60 * time.Second, skew: skew}
					q.Per = svc.per
					shared := &table{rows: map[string]string{}}
					end := time.Now().Add(140 * time.Second)
					var wg sync.WaitGroup
					for proc := range 4 {
						l := New(shared, fmt.Sprint("p", proc), time.Now)
						for w := range 10 {
							rnd := rand.New(rand.NewPCG(uint64(proc), uint64(w)))
							wg.Go(func() {
								worker(t.Context(), t, l, svc, Need{Key: Key("x", q, "4711"), Quota: q}, Poll, end, rnd)
							})
						}
					}
					wg.Wait()
					if svc.refused > 0 || svc.early > 0 {
						t.Errorf("%d calls over the quota, %d before the announced time", svc.refused, svc.early)
					}
					for i, used := range svc.windows[:2] {
						if used < svc.n*99/100 {
							t.Errorf("window %d: %d of %d used", i, used, svc.n)
						}
					}
				})
			})
		}
	}
}

// A stranger on the same budget costs at most one refused call a window, and
// after it nobody calls before the announced time (promise R5).
func TestOneRefusalAWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := core
		q.N, q.Per, q.Parallel = 500, 60*time.Second, 1
		svc := &service{n: 500, per: q.Per}
		shared := &table{rows: map[string]string{}}
		end := time.Now().Add(5 * time.Minute)
		var wg sync.WaitGroup
		for proc := range 3 {
			l := New(shared, fmt.Sprint("p", proc), time.Now)
			for w := range 33 {
				rnd := rand.New(rand.NewPCG(9, uint64(w)))
				wg.Go(func() {
					worker(t.Context(), t, l, svc, Need{Key: "x/core/1", Quota: q}, Poll, end, rnd)
				})
			}
		}
		wg.Go(func() { // the stranger spends without asking
			for time.Now().Before(end) {
				svc.mu.Lock()
				if svc.used < svc.n {
					svc.used++
				}
				svc.mu.Unlock()
				time.Sleep(100 * time.Millisecond)
			}
		})
		wg.Wait()
		if svc.early > 0 {
			t.Errorf("%d calls before the announced time", svc.early)
		}
		if n := len(svc.windows) + 1; svc.refused > n {
			t.Errorf("%d refused calls in %d windows", svc.refused, n)
		}
		if svc.top > 1 {
			t.Errorf("%d calls at once on one credential", svc.top)
		}
	})
}

func TestRestartsKeepTheBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := &table{rows: map[string]string{}}
		q := core
		q.Parallel = 1000 // only the probe keeps them apart
		need := []Need{{Key: "x/core/1", Quota: q}}
		l := New(shared, "a", time.Now)
		p, err := l.Take(t.Context(), need, Poll)
		if err != nil {
			t.Fatal(err)
		}
		until, err := l.Settle(t.Context(), p, &Answer{At: time.Now(), Limited: &Limited{Wait: time.Hour, Reason: "429 with Retry-After"}})
		if err != nil || time.Until(until) < time.Hour {
			t.Fatalf("blocked until %v, %v", until, err)
		}
		for i := range 200 {
			_, err := New(shared, fmt.Sprint("r", i), time.Now).Take(t.Context(), need, Poll)
			if f := fault.As(err); f == nil || !f.Until.Equal(until) || !strings.Contains(f.Reason, "429") {
				t.Fatalf("restart %d: %v", i, err)
			}
		}
		time.Sleep(time.Until(until))
		var probes int
		for i := range 100 {
			if _, err := New(shared, fmt.Sprint("s", i), time.Now).Take(t.Context(), need, Poll); err == nil {
				probes++
			}
		}
		if probes != 1 {
			t.Errorf("%d probes at once, want 1", probes)
		}
	})
}

// TestTheLongerBlockStays: of two calls that were under way at once one is told to wait for an
// hour, the other, whose answer comes later, for a minute.
func TestTheLongerBlockStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := &table{rows: map[string]string{}}
		q := core
		q.Parallel = 1000
		need := []Need{{Key: "x/core/1", Quota: q}}
		var ledgers []*Ledger
		var permits []*Permit
		for _, owner := range []string{"a", "b"} {
			l := New(shared, owner, time.Now)
			p, err := l.Take(t.Context(), need, Poll)
			if err != nil {
				t.Fatal(err)
			}
			ledgers, permits = append(ledgers, l), append(permits, p)
		}
		var ends []time.Time
		for i, wait := range []time.Duration{time.Hour, time.Minute} {
			until, err := ledgers[i].Settle(t.Context(), permits[i], &Answer{At: time.Now(), Limited: &Limited{Wait: wait, Reason: "429"}})
			if err != nil {
				t.Fatal(err)
			}
			ends = append(ends, until)
			time.Sleep(time.Second)
		}
		if !ends[0].Equal(ends[1]) {
			t.Errorf("blocked until %v by the first answer, and until %v by the second", ends[0], ends[1])
		}
		time.Sleep(2 * time.Minute)
		if _, err := New(shared, "c", time.Now).Take(t.Context(), need, Poll); err == nil {
			t.Error("a call was allowed within the hour")
		}
	})
}

func TestBlockLengths(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name  string
		waits int
		in    Limited
		want  time.Duration
	}{
		{"seconds", 0, Limited{Wait: 79_892 * time.Second}, 79_892*time.Second + margin},
		{"no time", 0, Limited{}, time.Minute + margin},
		{"no time, third in a row", 2, Limited{}, 4*time.Minute + margin},
		{"unreadable", 0, Limited{Unreadable: true}, 15*time.Minute + margin},
		{"unreadable again", 1, Limited{Unreadable: true}, 30*time.Minute + margin},
		{"negative", 0, Limited{Wait: -5}, 15*time.Minute + margin},
		{"41 days", 0, Limited{Wait: 41 * 24 * time.Hour}, 15*time.Minute + margin},
		{"40 days", 0, Limited{Wait: 40 * 24 * time.Hour}, 40*24*time.Hour + margin},
		{"until", 0, Limited{Until: now.Add(time.Hour)}, time.Hour + margin},
	} {
		r := Row{Waits: c.waits}
		c.in.Reason = "429"
		if got := r.block(&c.in, now).Sub(now); got != c.want {
			t.Errorf("%s: blocked for %v, want %v", c.name, got, c.want)
		}
		if r.Because == "" {
			t.Errorf("%s: no reason", c.name)
		}
	}
}

func TestTakeIsAllOrNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := &table{rows: map[string]string{}}
		l := New(shared, "a", time.Now)
		big, small := core, core
		big.Scope, small.Scope = connectors.PerApp, connectors.PerApp
		big.N, small.N, small.Report, big.Report = 100, 3, connectors.Report{}, connectors.Report{}
		needs := []Need{{Key: "b/big/app", Quota: big}, {Key: "s/small/app", Quota: small}}
		granted := 0
		for range 10 {
			p, err := l.Take(t.Context(), needs, Poll)
			if err != nil {
				continue
			}
			granted++
			if _, err := l.Settle(t.Context(), p, &Answer{At: time.Now()}); err != nil {
				t.Fatal(err)
			}
		}
		if granted != 3 {
			t.Errorf("%d granted, want 3", granted)
		}
		rows, _ := shared.Quotas(t.Context(), "b/")
		l.mu.Lock()
		inHand := 0
		for _, b := range l.batches["b/big/app"] {
			inHand += b.left
		}
		l.mu.Unlock()
		if spent := rows[0].Used - inHand; spent != 3 {
			t.Errorf("%d of the big quota spent, want 3: a refusal must give back what it took", spent)
		}
	})
}

// Polls get through while a backfill would use everything up.
func TestClassesHaveShares(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := &table{rows: map[string]string{}}
		q := core
		q.N, q.Scope, q.Report, q.Per, q.Calendar = 100, connectors.PerApp, connectors.Report{}, 24*time.Hour, connectors.DayUTC
		take := func(proc string, c Class) error {
			_, err := New(shared, proc, time.Now).Take(t.Context(), []Need{{Key: "x", Quota: q, Cost: 1}}, c)
			return err
		}
		if err := take("p", Poll); err != nil {
			t.Fatal(err)
		}
		n := 0
		for n < 200 && take(fmt.Sprint("b", n), Backfill) == nil {
			n++
		}
		if err := take("q", Poll); err != nil {
			t.Errorf("a poll is refused after %d backfill calls: %v", n, err)
		}
		time.Sleep(23*time.Hour + 15*time.Minute) // near the end the share falls to the others
		if err := take("late", Backfill); err != nil {
			rows, _ := shared.Quotas(t.Context(), "x")
			t.Errorf("nothing for the backfill although the window ends: %v %+v", err, rows[0])
		}
	})
}

func TestVoidPermits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := &table{rows: map[string]string{}}
		l := New(shared, "a", time.Now)
		p, err := l.Take(t.Context(), []Need{{Key: "x", Quota: core}}, Poll)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(23 * time.Second)
		if err := p.Send(t.Context()); fault.KindOf(err) != fault.RateLimited {
			t.Errorf("a permit of 30 s was good after 23 s: %v", err)
		}
	})
}

func TestDeadProcessHoldsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := &table{rows: map[string]string{}}
		need := []Need{{Key: "x", Quota: core}}
		if _, err := New(shared, "dead", time.Now).Take(t.Context(), need, Poll); err != nil {
			t.Fatal(err)
		}
		l := New(shared, "alive", time.Now)
		if _, err := l.Take(t.Context(), need, Poll); err == nil {
			t.Fatal("two calls of one account at once")
		}
		time.Sleep(31 * time.Second) // its lease is over: it may be stopped for ever
		p, err := l.Take(t.Context(), need, Poll)
		if err != nil {
			t.Fatalf("a stopped process holds the account: %v", err)
		}
		if _, err := l.Settle(t.Context(), p, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := New(shared, "dead", time.Now).Take(t.Context(), need, Poll); err != nil {
			t.Fatal(err)
		}
		if err := l.Forget(t.Context(), []string{"dead"}); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Take(t.Context(), need, Poll); err != nil {
			t.Error(err)
		}
	})
}

// A process that ends gives back what it reserved and did not send.
func TestCloseGivesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := &table{rows: map[string]string{}}
		q := core
		q.N, q.Scope, q.Report = 300, connectors.PerHost, connectors.Report{}
		l := New(shared, "a", time.Now)
		for range 2 {
			p, err := l.Take(t.Context(), []Need{{Key: "x", Quota: q}}, Backfill)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := l.Settle(t.Context(), p, &Answer{At: time.Now()}); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if rows, _ := shared.Quotas(t.Context(), "x"); rows[0].Used != 2 || rows[0].Out != 0 {
			t.Errorf("%d used, %d outstanding after 2 calls", rows[0].Used, rows[0].Out)
		}
	})
}

func TestStoreErrorsAreNotRefusals(t *testing.T) {
	l := New(broken{}, "a", time.Now)
	_, err := l.Take(t.Context(), []Need{{Key: "x", Quota: core}}, Poll)
	if !errors.Is(err, errBroken) || fault.KindOf(err) != fault.Unknown {
		t.Errorf("got %v", err)
	}
}

var errBroken = errors.New("disk full")

type broken struct{}

func (broken) UpdateQuotas(context.Context, []string, func([]*Row) error) error { return errBroken }
func (broken) Owing(context.Context, []string) ([]string, error)                { return nil, nil }

func (broken) Quotas(context.Context, string) ([]Row, error) { return nil, errBroken }
