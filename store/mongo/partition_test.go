//go:build mongo

package mongo

import (
	"context"
	"slices"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"collector/simulate/faultproxy"
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

func (d *divisible) resigned(ctx context.Context, t *testing.T, primary *mongotest.Member) func() {
	t.Helper()
	resign := bson.D{{Key: "replSetStepDown", Value: 20}, {Key: "secondaryCatchUpPeriodSecs", Value: 5}}
	if err := primary.Command(ctx, resign, nil); err != nil {
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
