//go:build mongo

package mongo

import (
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/auth"
	"collector/limit"
	"collector/state"
)

// tries is how often the driver asks for one thing, without a time by which it has to end.
const tries = 2

// TestALostAnswerIsReadAgain loses the answer to an update that was made, and the
// update itself: either way it is made once, and its caller is told so.
func TestALostAnswerIsReadAgain(t *testing.T) {
	const hostUnreachable = 6
	again := bson.E{Key: "errorLabels", Value: bson.A{"RetryableWriteError"}}
	for how, data := range map[string]bson.D{
		"the answer": {{Key: "writeConcernError", Value: bson.D{{Key: "code", Value: hostUnreachable}, {Key: "errmsg", Value: "cut off"}}}, again},
		"the update": {{Key: "errorCode", Value: hostUnreachable}, again},
	} {
		at := address(t)
		first, id := seeded(t, at)
		s := beside(t, at, first, "watched", options.Client())
		fail := func(command string) { failWatched(t, replica, where("times", tries), bson.A{command}, data) }
		claimed, err := s.Claim(t.Context(), state.Claim{Mode: state.Initial, Owner: "a", Now: noon, Until: noon.Add(time.Minute), N: 1, Services: map[string]int{"github": 1}})
		if err != nil || len(claimed) != 1 {
			t.Fatal(claimed, err)
		}
		version := func() int64 {
			n, err := s.read(t.Context(), id, where("_id", id))
			if err != nil {
				t.Fatal(err)
			}
			return n.Version
		}
		was := version()
		fail("update")
		if err := s.WishSync(t.Context(), id, false, noon); err != nil {
			t.Errorf("%s of a wish was lost: %v", how, err)
		}
		fail("update")
		if err := s.Release(t.Context(), claimed[0].Lease, state.Progress{Mode: state.Normal, ScheduledTo: noon.Add(time.Hour)}); err != nil {
			t.Errorf("%s of a release was lost: %v", how, err)
		}
		n, err := s.Network(t.Context(), id)
		if err != nil || n.SyncSeq != 1 || n.Mode != state.Normal || version() != was+2 {
			t.Errorf("%s was lost: %d wishes, mode %s, version %d after %d, %v", how, n.SyncSeq, n.Mode, version(), was, err)
		}
		use := func(used *int) {
			if err := s.UpdateQuotas(t.Context(), []string{"k"}, func(r []*limit.Row) error { r[0].Used++; *used = r[0].Used; return nil }); err != nil {
				t.Errorf("%s of a quota was lost: %v", how, err)
			}
		}
		var used int
		use(&used)
		fail("update")
		use(&used)
		if used != 2 {
			t.Errorf("%s of a quota was lost: %d used", how, used)
		}
		if err := s.SaveCredential(t.Context(), auth.Record{Account: "acc", Sealed: []byte("1")}); err != nil {
			t.Fatal(err)
		}
		fail("update")
		if err := s.SaveCredential(t.Context(), auth.Record{Account: "acc", Version: 1, Sealed: []byte("2")}); err != nil {
			t.Errorf("%s of a credential was lost: %v", how, err)
		}
		fail("insert")
		if err := s.SaveCredential(t.Context(), auth.Record{Account: "other", Sealed: []byte("1")}); err != nil && how == "the answer" {
			t.Errorf("%s of a first credential was lost: %v", how, err)
		}
		failWatched(t, replica, "off", bson.A{"insert"}, nil)
	}
}

// TestASwallowedCallEnds has a call stay without its answer on a connection whose
// server lives: it is given up and made again, and is made once.
func TestASwallowedCallEnds(t *testing.T) {
	s, id := seeded(t, address(t))
	err := replica.Members[0].Command(t.Context(), bson.D{
		{Key: "configureFailPoint", Value: "failCommand"},
		{Key: "mode", Value: where("times", 1)},
		{Key: "data", Value: bson.D{
			{Key: "failCommands", Value: bson.A{"update"}},
			{Key: "namespace", Value: s.networks.Database().Name() + ".networks"},
			{Key: "blockConnection", Value: true},
			{Key: "blockTimeMS", Value: 3 * answered.Milliseconds()},
		}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	if err := s.WishSync(t.Context(), id, false, noon); err != nil {
		t.Error(err)
	}
	if took := time.Since(begun); took < answered || took > 2*answered {
		t.Errorf("the call took %v, its time is %v", took, answered)
	}
	if n, err := s.Network(t.Context(), id); err != nil || n.SyncSeq != 1 {
		t.Errorf("%d wishes, %v", n.SyncSeq, err)
	}
}
