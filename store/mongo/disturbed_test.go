//go:build mongo

package mongo

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"collector/state"
)

// TestAClaimOfOneNetworkLosesNoPageOfOthers: an owner saves pages of some networks together
// when somebody claims another one of his whose lease is over, which ends the session of
// them all. He saves each again at once, and the log tells of it once.
func TestAClaimOfOneNetworkLosesNoPageOfOthers(t *testing.T) {
	at := address(t)
	first := idleHandle(t, at)
	over := fmt.Sprint("net", groupMost)
	claimed := make(chan error, 1)
	var once sync.Once
	s := patientlyWatched(t, at, first, func(name string, command bson.Raw) {
		if of, _ := command.Lookup(name).StringValueOK(); name == "insert" && of == "items" {
			once.Do(func() {
				go func() { claimed <- claimedBeside(t.Context(), first, over) }()
			})
		}
	})
	leases := claimedNetworks(t, s, groupMost+1)
	if _, err := first.networks.UpdateByID(t.Context(), over, set(where("leaseUntil", noon))); err != nil {
		t.Fatal(err)
	}
	var pages []*page
	var want []string
	for i := range groupMost {
		id := fmt.Sprint("net", i)
		pages, want = append(pages, pageOf(t, leases[id], 1, "x")), append(want, id+" x")
	}
	failWatched(t, replica, where("times", 1), bson.A{"insert"}, bson.D{
		{Key: "namespace", Value: s.items.Database().Name() + ".items"}, {Key: "blockConnection", Value: true}, {Key: "blockTimeMS", Value: soon.Milliseconds()},
	})
	s.saveGroup(pages)
	failWatched(t, replica, "off", bson.A{"insert"}, nil)
	if err := <-claimed; err != nil {
		t.Fatal(err)
	}
	for _, p := range pages {
		if p.saved || p.err != nil {
			t.Errorf("%s was not disturbed, or cannot be saved again: %v, %v", p.lease.Network, p.saved, p.err)
		}
		if _, err := s.saveAlone(t.Context(), p.lease, p.Page); err != nil { // as Commit does then
			t.Errorf("%s is not saved again: %v", p.lease.Network, err)
		}
	}
	told := toldIn(t, first)
	slices.Sort(told)
	if !slices.Equal(told, want) {
		t.Errorf("the log tells %v, want %v", told, want)
	}
	if err := integrity(first); err != nil {
		t.Error(err)
	}
}

// claimedBeside claims a network as soon as the server is inserting items.
func claimedBeside(ctx context.Context, s *Store, network string) error {
	inserting := bson.D{{Key: "currentOp", Value: 1}, {Key: "command.insert", Value: "items"}, {Key: "command.$db", Value: s.items.Database().Name()}}
	for {
		var ops struct{ Inprog bson.A }
		if err := replica.Members[0].Command(ctx, inserting, &ops); err != nil {
			return err
		}
		if len(ops.Inprog) > 0 {
			break
		}
		if err := backOff(ctx, 1); err != nil {
			return err
		}
	}
	got, err := s.Claim(ctx, state.Claim{Network: network, Owner: "b", Now: noon.Add(time.Second), Until: noon.Add(time.Minute), N: 1})
	if err == nil && len(got) != 1 {
		err = fmt.Errorf("claimed are %v", got)
	}
	return err
}
