//go:build mongo

package mongo

import (
	"errors"
	"sync/atomic"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"collector/auth"
	"collector/limit"
)

// TestAVersionOfAnotherPrimaryIsNotOverwritten: what was read is taken back with its
// primary, and at the next one another update has got the same version. That one
// counts as well.
func TestAVersionOfAnotherPrimaryIsNotOverwritten(t *testing.T) {
	for what, c := range map[string]struct {
		keys  []string
		other string // the row that is another one
		busy  bool   // another process was met there
	}{
		"one row":              {[]string{"a"}, "a", false},
		"a row that many want": {[]string{"a"}, "a", true},
		"the row that decides": {[]string{"a", "b"}, "a", false},
		"a row that is held":   {[]string{"a", "b"}, "b", false},
	} {
		t.Run(what, func(t *testing.T) {
			s, _ := seeded(t, address(t))
			use(t, s, c.keys...)
			if c.busy {
				s.keys.contend(c.keys[0], s.o.Now())
			}
			calls := 0
			err := s.UpdateQuotas(t.Context(), c.keys, func(rows []*limit.Row) error {
				if calls++; calls == 1 {
					r, err := s.quotas.UpdateOne(t.Context(), where("_id", c.other), set(bson.D{{Key: "by", Value: s.stamp()}, {Key: "row", Value: `{"used":7}`}}))
					if err != nil || r.ModifiedCount != 1 {
						t.Fatal(r, err)
					}
				}
				for _, r := range rows {
					r.Used++
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			for i, n := range use(t, s, c.keys...) {
				want := 3
				if c.keys[i] == c.other {
					want = 9
				}
				if n != want {
					t.Errorf("%s: %d calls are counted, %d were made", c.keys[i], n, want)
				}
			}
		})
	}
}

// TestAWishForAnotherPrimarysNetworkIsKept: the same of a network.
func TestAWishForAnotherPrimarysNetworkIsKept(t *testing.T) {
	s, id := seeded(t, address(t))
	for want := int64(2); want <= 4; want += 2 { // at first nobody has left a mark
		calls := 0
		err := s.alter(t.Context(), id, func(n *network) error {
			if calls++; calls == 1 {
				if _, err := s.networks.UpdateByID(t.Context(), id, bson.D{{Key: "$set", Value: where("by", mark())}, {Key: "$inc", Value: where("syncSeq", 1)}}); err != nil {
					t.Fatal(err)
				}
			}
			n.SyncSeq++
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if n, err := s.read(t.Context(), id, where("_id", id)); err != nil || n.SyncSeq != want {
			t.Fatalf("%d wishes are kept, %d were made (%v)", n.SyncSeq, want, err)
		}
	}
}

// TestEntriesForAnotherPrimarysNetworkAreNotTold: what a network has to tell is found
// anew.
func TestEntriesForAnotherPrimarysNetworkAreNotTold(t *testing.T) {
	s, id := seeded(t, address(t))
	n, err := s.read(t.Context(), id, where("_id", id))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.networks.UpdateByID(t.Context(), id, set(where("by", mark()))); err != nil {
		t.Fatal(err)
	}
	ended := bson.E{Key: "$unset", Value: where("attempts", "")}
	if err := s.tell(t.Context(), n, ended, nil); !errors.Is(err, errChanged) {
		t.Errorf("another network was changed: %v", err)
	}
	if n, err = s.read(t.Context(), id, where("_id", id)); err != nil {
		t.Fatal(err)
	}
	if err := s.tell(t.Context(), n, ended, nil); err != nil {
		t.Errorf("the network that was read: %v", err)
	}
}

// TestACredentialThatMayBeTakenBackIsNotRead: its version could be that of another then.
func TestACredentialThatMayBeTakenBackIsNotRead(t *testing.T) {
	at := address(t)
	first, _ := seeded(t, at)
	var settled, others atomic.Int32
	s := watched(t, at, first, func(name string, command bson.Raw) {
		of, _ := command.Lookup("find").StringValueOK()
		level, _ := command.Lookup("readConcern", "level").StringValueOK()
		switch {
		case of != "credentials":
		case level == "majority":
			settled.Add(1)
		default:
			others.Add(1)
		}
	})
	if err := s.SaveCredential(t.Context(), auth.Record{Account: "a", KeyID: "k", Sealed: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Credential(t.Context(), "a"); err != nil || r.Version != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	if all, err := s.Credentials(t.Context(), "", 10); err != nil || len(all) != 1 {
		t.Errorf("%+v, %v", all, err)
	}
	if settled.Load() != 2 || others.Load() != 0 {
		t.Errorf("%d reads of what stays, %d of what may be taken back", settled.Load(), others.Load())
	}
}
