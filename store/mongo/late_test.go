//go:build mongo

package mongo

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"collector/auth"
	"collector/state"
)

// TestALateClaimEndsNoPage: who chose networks that another claims before he takes them
// gets none, and leaves alone the transactions in which their owner saves pages.
func TestALateClaimEndsNoPage(t *testing.T) {
	at := address(t)
	s, late := opened(t, at, "a"), opened(t, at, "b")
	lease := claimedNetworks(t, s, 1)["net0"]
	session, err := s.saves.lend(s.client)
	if err != nil {
		t.Fatal(err)
	}
	defer s.saves.giveBack(session)
	var got []state.Claimed
	begun := 0
	err = transaction{session}.run(t.Context(), func(ctx context.Context) error {
		if begun++; begun > 1 {
			return errors.New("its transaction was ended")
		}
		if _, err := s.quarantine.InsertOne(ctx, where("net", lease.Network)); err != nil {
			return err
		}
		want := state.Claim{Mode: state.Initial, Owner: "b", Now: noon, Until: noon.Add(time.Minute), N: 1, Services: map[string]int{"github": 1}}
		got, err = late.take(t.Context(), want, []string{lease.Network})
		return err
	})
	if err != nil || len(got) > 0 {
		t.Errorf("a late claim got %v; the page of the owner: %v", got, err)
	}
}

// TestOneOfManyCounts: of processes that share a database one counts what changes, until
// it does so no more.
func TestOneOfManyCounts(t *testing.T) {
	at := address(t)
	s, other := opened(t, at, "a"), opened(t, at, "b")
	for _, s := range []*Store{s, other} { // they count in this test alone
		s.stop()
		s.after.Wait()
	}
	claimedNetworks(t, s, 1)
	change := func() {
		t.Helper()
		if _, err := s.networks.UpdateByID(t.Context(), "net0", set(where("uncounted", true))); err != nil {
			t.Fatal(err)
		}
	}
	counted := func(want bool, what string) {
		t.Helper()
		n, err := s.read(t.Context(), "net0", where("_id", "net0"))
		if err != nil {
			t.Fatal(err)
		}
		if n.Uncounted == want {
			t.Errorf("%s: counted is %v", what, !want)
		}
	}
	var mine, theirs int64
	for range 3 {
		change()
		mine = s.countInTurn(t.Context(), mine)
		counted(true, "this one")
		change()
		if theirs = other.countInTurn(t.Context(), theirs); theirs != mine {
			t.Errorf("the other one saw version %d of %d", theirs, mine)
		}
		counted(false, "the other one, while this one counts")
	}
	other.countInTurn(t.Context(), theirs)
	counted(true, "the other one, once this one has stopped")
}

// TestADamagedCredentialFailsAlone: what is read together with one that cannot be read is
// there all the same.
func TestADamagedCredentialFailsAlone(t *testing.T) {
	s := opened(t, address(t), "a")
	if err := s.AddAccount(t.Context(), state.Account{ID: "good", User: "me", Provider: "github", Name: "x"}); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveCredential(t.Context(), auth.Record{Account: "good", KeyID: "k", Sealed: []byte("sealed")}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.credentials.InsertOne(t.Context(), bson.D{{Key: "_id", Value: "bad"}, {Key: "version", Value: "no number"}}); err != nil {
		t.Fatal(err)
	}
	good, bad := &credentialLook{ctx: t.Context(), account: "good"}, &credentialLook{ctx: t.Context(), account: "bad"}
	s.lookUp(t.Context(), []*credentialLook{bad, good})
	if good.err != nil || string(good.record.Sealed) != "sealed" || bad.err == nil || errors.Is(bad.err, auth.ErrNone) {
		t.Errorf("the good one: %+v %v; the damaged one: %v", good.record, good.err, bad.err)
	}
}
