//go:build mongo

package mongo

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"collector/simulate/faultproxy"
	"collector/state"
	"collector/store/mongo/mongotest"
)

// divisible is a replica set whose members can be cut off: each is reached through a
// proxy, by clients and by the others.
type divisible struct {
	*mongotest.Servers
	proxies []*faultproxy.Proxy
}

func newDivisible(ctx context.Context, t *testing.T, n int) *divisible {
	t.Helper()
	program, err := mongotest.Program("../..")
	if err != nil {
		t.Fatal(err)
	}
	d := &divisible{}
	t.Cleanup(func() {
		for _, p := range d.proxies {
			p.Close()
		}
	})
	front := func(address string) (string, error) {
		p, err := faultproxy.New(address)
		if err != nil {
			return "", err
		}
		d.proxies = append(d.proxies, p)
		return p.Addr(), nil
	}
	d.Servers, err = mongotest.Behind(ctx, program, t.TempDir(), n, front)
	t.Cleanup(func() { d.Stop() })
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// isolate cuts a member off from everybody.
func (d *divisible) isolate(m *mongotest.Member) { d.cut(m, nil) }

// sever cuts a member off from the other members; clients still reach it, and them.
func (d *divisible) sever(m *mongotest.Member) {
	d.cut(m, func(opening []byte) bool {
		return slices.ContainsFunc(d.Members, func(o *mongotest.Member) bool { return o.Opened(opening) })
	})
}

// cut holds what goes to a member, of those connections that only tells, and what it
// says to the others.
func (d *divisible) cut(m *mongotest.Member, only func([]byte) bool) {
	for i, p := range d.proxies {
		if d.Members[i] == m {
			p.Set(faultproxy.Toxic{Hold: true, Only: only})
		} else {
			p.Set(faultproxy.Toxic{Hold: true, Only: m.Opened})
		}
	}
}

// rejoin ends every cut.
func (d *divisible) rejoin() {
	for _, p := range d.proxies {
		p.Set(faultproxy.Toxic{})
	}
}

// The ways in which a primary is lost. Each returns what is to be done once others
// have gone on.

func (d *divisible) killed(ctx context.Context, t *testing.T, primary *mongotest.Member) func() {
	t.Helper()
	if err := primary.Kill(); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := d.Restart(ctx, primary); err != nil {
			t.Fatal(err)
		}
	}
}

func (d *divisible) resigned(ctx context.Context, t *testing.T, _ *mongotest.Member) func() {
	t.Helper()
	if err := d.Resign(ctx); err != nil {
		t.Fatal(err)
	}
	return func() {}
}

func (d *divisible) isolated(_ context.Context, _ *testing.T, primary *mongotest.Member) func() {
	d.isolate(primary)
	return d.rejoin
}

// severed has somebody work at the old primary alone, who does not know of another,
// and read the log there.
func (d *divisible) severed(ctx context.Context, t *testing.T, primary *mongotest.Member, behind *saver, log *reader) func() {
	t.Helper()
	old := opened(t, "//"+primary.Address+"/failover?directConnection=true", "behind")
	d.sever(primary)
	ctx, stop := context.WithCancel(ctx)
	var all sync.WaitGroup
	all.Go(func() { behind.run(ctx, old, nil) })
	all.Go(func() { log.follow(ctx, old, nil) })
	return func() {
		d.rejoin()
		stop()
		all.Wait()
		if err := old.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestNumbersAreWhatAMajorityHas: a primary that is cut off takes an entry of the log
// that will be taken back. Nobody may count on its number, and nobody is told of it.
func TestNumbersAreWhatAMajorityHas(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	set := newDivisible(ctx, t, 3)
	if err := set.ElectNobody(ctx); err != nil {
		t.Fatal(err)
	}
	s, network := seeded(t, strings.TrimPrefix(set.URI("numbers"), "mongodb:"))
	if err := s.publish(ctx, network, []entry{{Page: "first", Key: "1", Network: network, Added: []string{"a"}}}); err != nil {
		t.Fatal(err)
	}
	primary, err := set.Primary(ctx)
	if err != nil {
		t.Fatal(err)
	}
	old := opened(t, "//"+primary.Address+"/numbers?directConnection=true", "old")
	set.sever(primary)
	writing, end := context.WithCancel(ctx)
	var all sync.WaitGroup
	all.Go(func() {
		old.publish(writing, network, []entry{{Page: "lost", Key: "2", Network: network, Added: []string{"b"}}})
	})
	defer all.Wait()
	defer end()
	for n := int64(0); n < 2; {
		if n, err = old.changes.CountDocuments(ctx, bson.D{}); err != nil {
			t.Fatal(err)
		}
	}
	if last, err := old.LastChange(ctx); err != nil || last != 1 {
		t.Errorf("the newest number is said to be %d, %v", last, err)
	}
	if got, err := old.Changes(ctx, "", 0, 10); err != nil || len(got) != 1 {
		t.Errorf("told are %+v, %v", got, err)
	}
}

// TestALeaseIsWhatAMajorityHas: a primary that is cut off writes a lease that will be
// taken back. Nobody may work under it.
func TestALeaseIsWhatAMajorityHas(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	set := newDivisible(ctx, t, 3)
	if err := set.ElectNobody(ctx); err != nil {
		t.Fatal(err)
	}
	_, network := seeded(t, strings.TrimPrefix(set.URI("leases"), "mongodb:"))
	primary, err := set.Primary(ctx)
	if err != nil {
		t.Fatal(err)
	}
	old := opened(t, "//"+primary.Address+"/leases?directConnection=true&timeoutMS=5000", "old")
	set.sever(primary)
	got, err := old.Claim(ctx, state.Claim{Mode: state.Initial, Owner: "old", Now: noon, Until: noon.Add(time.Minute), N: 1, Services: map[string]int{"github": 1}})
	if len(got) > 0 {
		t.Errorf("it works under %+v", got)
	}
	t.Logf("claiming %s: %v", network, err)
}
