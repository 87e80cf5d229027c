//go:build mongo

package mongo

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"collector/internal/failover"
	"collector/limit"
	"collector/state"
	"collector/store/mongo/mongotest"
	"collector/store/storetest"
)

// newDivisible is a replica set whose members can be cut off, and which ends with the test.
func newDivisible(ctx context.Context, t *testing.T, n int) *failover.Set {
	t.Helper()
	program, err := mongotest.Program("../..")
	if err != nil {
		t.Fatal(err)
	}
	set, err := failover.Start(ctx, program, t.TempDir(), n)
	t.Cleanup(func() { set.Stop() })
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// severed cuts a primary off from the other servers, and has somebody work at it alone, who
// does not know of another, and read the log there.
func severed(ctx context.Context, t *testing.T, set *failover.Set, primary *mongotest.Member, behind *saver, log *storetest.LogReader) func(context.Context) error {
	t.Helper()
	old := opened(t, "//"+primary.Address+"/failover?directConnection=true", "behind")
	set.Sever(primary)
	ctx, stop := context.WithCancel(ctx)
	var all sync.WaitGroup
	all.Go(func() { behind.run(ctx, old, nil) })
	all.Go(func() { log.Follow(ctx, old, nil) })
	return func(context.Context) error {
		set.Rejoin()
		stop()
		all.Wait()
		return old.Close()
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
	set.Sever(primary)
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
	set.Sever(primary)
	got, err := old.Claim(ctx, state.Claim{Mode: state.Initial, Owner: "old", Now: noon, Until: noon.Add(time.Minute), N: 1, Services: map[string]int{"github": 1}})
	if len(got) > 0 {
		t.Errorf("it works under %+v", got)
	}
	t.Logf("claiming %s: %v", network, err)
}

// TestAGrantIsWhatAMajorityHas: a primary that is cut off takes what is used of a quota, which
// will be taken back. Nobody may call for it: the next primary gives the same calls.
func TestAGrantIsWhatAMajorityHas(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	set := newDivisible(ctx, t, 3)
	if err := set.ElectNobody(ctx); err != nil {
		t.Fatal(err)
	}
	s, _ := seeded(t, strings.TrimPrefix(set.URI("grants"), "mongodb:"))
	use := func(ctx context.Context, s *Store) error {
		return s.UpdateQuotas(ctx, []string{"github/core/1"}, func(rows []*limit.Row) error {
			rows[0].Used++
			return nil
		})
	}
	if err := use(ctx, s); err != nil {
		t.Fatal(err)
	}
	primary, err := set.Primary(ctx)
	if err != nil {
		t.Fatal(err)
	}
	old := opened(t, "//"+primary.Address+"/grants?directConnection=true&timeoutMS=5000", "old")
	set.Sever(primary)
	short, end := context.WithTimeout(ctx, 10*time.Second) // it would be asked again and again
	defer end()
	if err := use(short, old); err == nil {
		t.Error("a call is granted by a primary without a majority")
	}
}
