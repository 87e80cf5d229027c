//go:build mongo

package mongo

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"collector/state"
)

// TestTheDeadAreFoundAmongTheLiving: what owners left that are gone is told, however many
// networks are in the middle of a page whose owners are at work.
func TestTheDeadAreFoundAmongTheLiving(t *testing.T) {
	s := idleHandle(t, address(t))
	for id, l := range claimedNetworks(t, s, 3) {
		halfSaved(t, s, l, "of "+id)
	}
	if err := s.FreeOwner(t.Context(), "a", noon); err != nil {
		t.Fatal(err)
	}
	until := s.Now().Add(time.Minute)
	for id, fields := range map[string]bson.D{
		"net1": {{Key: "owner", Value: "b"}, {Key: "leaseUntil", Value: until}, {Key: "epoch", Value: 2}}, // who saves nothing for long
		"net2": {{Key: "owner", Value: "a"}, {Key: "leaseUntil", Value: until}},                           // who is still at it
	} {
		if _, err := s.networks.UpdateByID(t.Context(), id, set(fields)); err != nil {
			t.Fatal(err)
		}
	}
	var living []any
	for i := range rescueMost {
		living = append(living, &network{
			ID: fmt.Sprint("living", i), List: fmt.Sprint("list", i), Owner: "c", LeaseUntil: until,
			Attempts: []attempt{{Key: fmt.Sprint("key", i)}}, // of epoch 0, which the index has first
		})
	}
	if _, err := s.networks.InsertMany(t.Context(), living); err != nil {
		t.Fatal(err)
	}
	rescued(t, s)
	told := toldIn(t, s)
	slices.Sort(told)
	if want := []string{"net0 of net0", "net1 of net1"}; !slices.Equal(told, want) {
		t.Errorf("the log tells %v, want %v", told, want)
	}
}

// TestAPausedNetworkTellsWhatItsOwnerLeft: nobody takes over a network that is paused. Once
// the lease of its owner has been over for long, the upkeep tells what he had stored, and he
// comes too late with the rest.
func TestAPausedNetworkTellsWhatItsOwnerLeft(t *testing.T) {
	s := idleHandle(t, address(t))
	now := noon
	s.o.Now = func() time.Time { return now }
	s.offset.by = 0 // the server's clock shows the same
	lease := claimedNetworks(t, s, 1)["net0"]
	halfSaved(t, s, lease, "x")
	if err := s.SetPaused(t.Context(), "net0", true, noon); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		over time.Duration
		told []string
		late error
	}{
		{0, nil, nil}, // he may be slow
		{s.o.Lease, []string{"net0 x"}, state.ErrLeaseLost},
	} {
		now = lease.Until.Add(c.over)
		rescued(t, s)
		_, err := s.held(t.Context(), lease)
		if told := toldIn(t, s); !slices.Equal(told, c.told) || !errors.Is(err, c.late) {
			t.Errorf("%v after the lease the log tells %v, want %v; a page of the owner: %v, want %v", c.over, told, c.told, err, c.late)
		}
	}
	n, err := s.Network(t.Context(), "net0")
	if err != nil || !n.Paused || !n.WakeAt.IsZero() || n.Items != 1 {
		t.Errorf("%+v, %v", n, err)
	}
}
