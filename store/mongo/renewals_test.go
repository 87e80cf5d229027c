//go:build mongo

package mongo

import (
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// TestALateRenewalTakesNoTimeBack: a renewal that was given up is made by the server all
// the same, once a later one has been. What a wrong clock wrote is set right.
func TestALateRenewalTakesNoTimeBack(t *testing.T) {
	s, id := seeded(t, address(t))
	claimedOne(t, s)
	ends := func(want time.Time) {
		t.Helper()
		n, err := s.Network(t.Context(), id)
		if err != nil || !n.LeaseUntil.Equal(want) || !n.WakeAt.Equal(want) {
			t.Errorf("the lease ends at %v, the network is due at %v, want %v (%v)", n.LeaseUntil, n.WakeAt, want, err)
		}
	}
	first, second := noon.Add(s.o.Lease+10*time.Second), noon.Add(s.o.Lease+20*time.Second)
	for _, renewal := range []struct{ until, want time.Time }{
		{first, first},
		{second, second},
		{first, second},
		{second.Add(-s.o.Lease), second},
		{second.Add(-s.o.Lease - time.Second), second.Add(-s.o.Lease - time.Second)},
	} {
		if err := s.Renew(t.Context(), "a", renewal.until); err != nil {
			t.Fatal(err)
		}
		ends(renewal.want)
	}
}

// TestARenewalWhoseAnswerIsLost loses the answer to a renewal, and the renewal itself:
// either way the lease is renewed, and its owner is told so.
func TestARenewalWhoseAnswerIsLost(t *testing.T) {
	for how, data := range map[string]bson.D{"the answer": answersLost(), "the renewal": callsLost()} {
		at := address(t)
		first, id := seeded(t, at)
		s := watched(t, at, first, func(string, bson.Raw) {})
		claimedOne(t, s)
		until := noon.Add(2 * s.o.Lease)
		failWatched(t, replica, where("times", 1), bson.A{"update"}, data)
		if err := s.Renew(t.Context(), "a", until); err != nil {
			t.Errorf("%s was lost: %v", how, err)
		}
		failWatched(t, replica, "off", bson.A{"update"}, nil)
		if n, err := s.Network(t.Context(), id); err != nil || !n.LeaseUntil.Equal(until) {
			t.Errorf("%s was lost: the lease ends at %v, want %v (%v)", how, n.LeaseUntil, until, err)
		}
	}
}
