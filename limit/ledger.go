package limit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"collector/connectors"
	"collector/fault"
	"collector/trace"
)

const (
	procAlive = 2 * time.Minute  // a process that has not asked for longer is not shared with
	sendTime  = 65 * time.Second // the longest a call can take once it is sent
	maxPace   = 5 * time.Second  // a longer wait for the pace is a later scheduledTo
	maxBatch  = 50               // calls in a batch, unless more wait for it
)

// Need is one quota that a call spends from.
type Need struct {
	Key   string
	Quota connectors.Quota
	Cost  int // the most the call can spend; 0 means 1
}

// Dollars writes an amount of connectors.Mills: "$1.25", "$0.005".
func Dollars(mills int) string {
	if mills%10 == 0 {
		return fmt.Sprintf("$%d.%02d", mills/1000, mills%1000/10)
	}
	return fmt.Sprintf("$%d.%03d", mills/1000, mills%1000)
}

// Key names a quota: provider/name/scope, where scope is the remote account id,
// the server's host or "app", as the quota's Scope wants.
func Key(provider string, q connectors.Quota, scope string) string {
	if q.Scope == connectors.PerApp {
		scope = "app"
	}
	return provider + "/" + q.Name + "/" + scope
}

// Ledger hands out calls. Its methods may be used from many goroutines.
type Ledger struct {
	store   Store
	process string
	now     func() time.Time
	lease   time.Duration

	mu      sync.Mutex
	offsets map[string]time.Duration // key -> server's clock minus ours, at least; of quotas used a short time ago
	anchors map[string]time.Duration // key -> the same while our clock is behind what it was, see ahead
	pacers  map[string]*rate.Limiter
	batches map[string][]*batch // shared quotas: what is left of the batches in hand
	asking  map[string]*asking  // shared quotas: who asks for a batch
	seq     int64
}

// New returns the ledger of one process over a store that all share. process
// is the instance id.
func New(s Store, process string, now func() time.Time) *Ledger {
	return &Ledger{
		store: s, process: process, now: now, lease: 30 * time.Second,
		offsets: map[string]time.Duration{}, anchors: map[string]time.Duration{}, pacers: map[string]*rate.Limiter{}, batches: map[string][]*batch{},
		asking: map[string]*asking{},
	}
}

// Within tells the length of a lease: a call that has had no answer for so long
// no longer keeps others from its account, since its process may be stopped and
// its network in other hands. It returns l.
func (l *Ledger) Within(lease time.Duration) *Ledger {
	l.lease = lease
	return l
}

// Permit is the right to make one call.
type Permit struct {
	ledger *Ledger
	needs  []Need
	ids    []string // batch of each need
	class  Class
	void   time.Time
	left   *trace.Quota
}

// Take reserves one call from all needs, or from none. When it may not happen
// now the error is a *fault.Error of kind RateLimited with Busy set, saying
// until when and why. It never waits for a quota.
func (l *Ledger) Take(ctx context.Context, needs []Need, class Class) (*Permit, error) {
	needs = slices.Clone(needs)
	slices.SortFunc(needs, func(a, b Need) int { return strings.Compare(a.Key, b.Key) })
	for i := range needs {
		needs[i].Cost = max(1, needs[i].Cost)
	}
	for {
		now := l.now()
		p := &Permit{ledger: l, needs: needs, class: class, ids: make([]string, len(needs)), void: now.Add(24 * time.Hour)}
		var ask []int // needs that the batches in hand do not cover
		stale := map[string][]*batch{}
		l.mu.Lock()
		for i, n := range needs {
			if b := l.inHand(n, now, stale); b != nil {
				b.left -= n.Cost
				p.ids[i], p.void = b.id, earlier(p.void, b.void)
				continue
			}
			ask = append(ask, i)
		}
		other, mine := l.begin(p, ask)
		if other != nil { // what is stale is given back with the next batch
			for key, old := range stale {
				l.batches[key] = append(l.batches[key], old...)
			}
		}
		l.mu.Unlock()
		if len(ask) == 0 {
			return p, nil
		}
		if other != nil {
			l.putBack(p)
			if err := other.wait(ctx, class); err != nil {
				return nil, err
			}
			continue
		}
		err := l.borrow(ctx, p, ask, stale, now)
		l.end(mine, err)
		if err == nil {
			return p, nil
		}
		l.putBack(p)
		if idleErr := l.idle(ctx, p, err); idleErr != nil {
			return nil, idleErr
		}
		return nil, err
	}
}

// shared says that a quota is spent from by many accounts, so that calls are
// worth granting in batches.
func shared(q connectors.Quota) bool { return q.Scope != connectors.PerAccount }

// borrow takes the needs at ask from the shared rows, and gives stale batches back.
func (l *Ledger) borrow(ctx context.Context, p *Permit, ask []int, stale map[string][]*batch, now time.Time) error {
	keys := make([]string, len(ask))
	for i, at := range ask {
		keys[i] = p.needs[at].Key
	}
	ids, granted := make([]string, len(ask)), make([]int, len(ask))
	err := l.store.UpdateQuotas(ctx, keys, func(rows []*Row) error {
		for i, at := range ask { // first see whether all can be had
			n := p.needs[at]
			l.adopt(rows[i])
			rows[i].roll(now, now.Add(l.ahead(rows[i], n, now)), n.Quota)
			for _, b := range stale[n.Key] {
				rows[i].giveBack(b.id, b.left, p.class)
			}
			if err := l.refusal(rows[i], n, p.class, now); err != nil {
				return err
			}
		}
		for i, at := range ask {
			n := p.needs[at]
			ids[i], granted[i] = l.grant(rows[i], n, p.class, now)
		}
		return nil
	})
	if refused := (*refusedError)(nil); errors.As(err, &refused) {
		// The refusal of one class must still be seen by the others: it asked.
		if markErr := l.mark(ctx, keys, p, ask, stale, now); markErr != nil {
			return markErr
		}
		return refused.fault
	}
	if err != nil {
		return fmt.Errorf("taking from the quotas %s: %w", strings.Join(keys, ", "), err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, at := range ask {
		n := p.needs[at]
		void := now.Add(life(n.Quota) * 3 / 4)
		p.ids[at], p.void = ids[i], earlier(p.void, void)
		if shared(n.Quota) && granted[i] > n.Cost {
			l.batches[n.Key] = append(l.batches[n.Key], &batch{id: ids[i], left: granted[i] - n.Cost, void: void})
		}
	}
	return nil
}

// refusedError carries a refusal out of a store's transaction, which is then
// not saved.
type refusedError struct{ fault *fault.Error }

func (e *refusedError) Error() string { return e.fault.Error() }

// mark records that a class asked although it was refused, so that its share is
// held back from the others.
func (l *Ledger) mark(ctx context.Context, keys []string, p *Permit, ask []int, stale map[string][]*batch, now time.Time) error {
	return l.store.UpdateQuotas(ctx, keys, func(rows []*Row) error {
		for i, at := range ask {
			n := p.needs[at]
			l.adopt(rows[i])
			server := now.Add(l.ahead(rows[i], n, now))
			rows[i].roll(now, server, n.Quota)
			for _, b := range stale[n.Key] {
				rows[i].giveBack(b.id, b.left, p.class)
			}
			rows[i].asked(p.class, l.process, now, server, n.Quota)
		}
		return nil
	})
}

func (r *Row) asked(c Class, process string, now, server time.Time, q connectors.Quota) {
	if r.Asked == nil {
		r.Asked = map[Class]int64{}
	}
	r.Asked[c] = r.Epoch
	if rolls(q) {
		r.Asked[c] = server.UnixMilli()
	}
	if r.Procs == nil {
		r.Procs = map[string]time.Time{}
	}
	r.Procs[process] = now
}

// refusal says why and until when a need cannot be met, or nil.
func (l *Ledger) refusal(r *Row, n Need, c Class, now time.Time) error {
	ahead := l.ahead(r, n, now)
	server := now.Add(ahead)
	local := func(t time.Time) time.Time { return t.Add(-ahead) }
	refuse := func(until time.Time, format string, a ...any) error {
		until = now.Add(until.Sub(now)) // so that it also tells by the monotonic clock how long that is
		return &refusedError{&fault.Error{
			Kind: fault.RateLimited, Busy: true, Quota: n.Key, Until: until,
			Reason: fmt.Sprintf(format, a...), Whose: "nobody: the service's quota", Next: "",
		}}
	}
	if !r.Blocked.IsZero() {
		if r.Blocked.After(server) {
			return refuse(local(r.Blocked), "%s", r.Because)
		}
		if r.Probe != "" && r.ProbeBy.After(now) {
			return refuse(earlier(r.ProbeBy, now.Add(2*time.Second)), "waiting for the answer to one call that tests whether the limit is over")
		}
	}
	if n.Quota.Scope == connectors.PerAccount && r.flying(now) >= max(1, n.Quota.Parallel) {
		return refuse(now.Add(time.Second), "another call of this account is under way")
	}
	end, left := r.End.Add(margin), r.left()
	if rolls(n.Quota) {
		end = r.free(n.Cost, n.Quota)
	}
	if left < n.Cost {
		if r.Out > 0 && !r.Exact && reports(n.Quota) { // the first answer may show that there is more
			return refuse(earlier(local(end), now.Add(2*time.Second)), "waiting for the first answer of the window")
		}
		if r.Out > 0 && r.Exact && !rolls(n.Quota) { // what is not sent of it, or was counted twice, comes back
			return refuse(earlier(local(end), now.Add(5*time.Second)), "waiting for the answers to the last calls of the quota of %d %s", r.Limit, n.Quota.Unit)
		}
		if n.Quota.Unit == connectors.Mills {
			if r.Out > 0 { // mostly it is less than was reserved
				return refuse(earlier(local(end), now.Add(5*time.Second)), "waiting to know what the calls under way cost")
			}
			return refuse(local(end), "the rest of this month's budget of %s is less than a page may cost", Dollars(r.Limit))
		}
		return refuse(local(end), "quota of %d %s used up until the window ends", r.Limit, n.Quota.Unit)
	}
	if held := r.held(c, server, n.Quota); left-held < n.Cost {
		if rolls(n.Quota) {
			return refuse(earlier(local(r.free(n.Cost+held, n.Quota)), now.Add(10*time.Second)), "the rest of the quota is kept for polls and other walks until then")
		}
		togo := r.End.Sub(server)
		wait := togo - time.Duration(float64(togo)*float64(left-n.Cost)/float64(held))
		return refuse(now.Add(max(time.Second, wait)), "the rest of the quota is kept for polls and other walks until then")
	}
	return nil
}

// grant takes a batch out of a row that can give one.
func (l *Ledger) grant(r *Row, n Need, c Class, now time.Time) (id string, granted int) {
	server := now.Add(l.ahead(r, n, now))
	r.asked(c, l.process, now, server, n.Quota)
	granted = n.Cost
	probe := !r.Blocked.IsZero()
	l.mu.Lock()
	most := max(maxBatch, l.wanted(n.Key)) * n.Cost
	l.mu.Unlock()
	if shared(n.Quota) && !probe && (r.Exact || !reports(n.Quota)) {
		granted = min(most, r.Limit/100, (r.left()-r.held(c, server, n.Quota))/(4*max(1, len(r.Procs))))
		granted = max(n.Cost, granted-granted%n.Cost) // whole calls: what is left over of one serves nobody
	}
	l.mu.Lock()
	l.seq++
	id = fmt.Sprintf("%s-%d", l.process, l.seq)
	l.mu.Unlock()
	if probe {
		r.Probe, r.ProbeBy = id, now.Add(sendTime)
	}
	r.Used += granted
	r.Out += granted
	if r.ByClass == nil {
		r.ByClass = map[Class]int{}
	}
	r.ByClass[c] += granted
	r.Lent = append(r.Lent, Batch{ID: id, Proc: l.process, Left: granted, Class: c, Until: now.Add(life(n.Quota) + sendTime), Fence: now.Add(l.lease)})
	return id, granted
}

// flying is how many calls of an account may be under way by processes that may
// still hold their networks. Such calls are granted one at a time.
func (r *Row) flying(now time.Time) (n int) {
	for _, b := range r.Lent {
		if b.Fence.After(now) {
			n++
		}
	}
	return n
}

// life is how long a grant may be used.
func life(q connectors.Quota) time.Duration { return min(30*time.Second, q.Per/8) }

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
