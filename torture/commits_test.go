package torture

import (
	"fmt"
	"testing"

	"collector/store/mongo/mongotest"
)

// commits holds that no network was saved but by the present owner.
func (h *history) commits() {
	h.t.Helper()
	claims, saved, sessions, wrong := commitsOf(h.steps)
	for _, what := range wrong {
		h.t.Error(what)
	}
	h.t.Logf("%d claims, %d commits in %d sessions: %d in the time of another owner", claims, saved, sessions, len(wrong))
	if claims == 0 || h.mongo != nil && saved == 0 {
		h.t.Error("nothing was claimed or saved: it proves nothing")
	}
}

// commitsOf tells of commits that were not the present owner's, and of claims whose
// epoch did not grow. Whose a commit is, the session of its transaction says: that is
// one process's for as long as it lives.
func commitsOf(all map[string][]mongotest.Step) (claims, saved, sessions int, wrong []string) {
	owners := map[string]string{} // session -> owner
	for id, steps := range all {
		var now mongotest.Step
		for _, s := range steps {
			switch s.Kind {
			case mongotest.Claimed:
				claims++
				if s.Epoch <= now.Epoch {
					wrong = append(wrong, fmt.Sprintf("%s was claimed with the epoch %d after %d", id, s.Epoch, now.Epoch))
				}
				now = s
			case mongotest.Ended:
				now.Owner = ""
			case mongotest.Saved:
				saved++
				if now.Epoch == 0 {
					continue // claimed before we listened
				}
				if was, known := owners[s.Session]; known && was != now.Owner || now.Owner == "" {
					wrong = append(wrong, fmt.Sprintf("%s was saved by %q in the time of %q (epoch %d)", id, was, now.Owner, s.Epoch))
				} else {
					owners[s.Session] = now.Owner
				}
			}
		}
	}
	return claims, saved, len(owners), wrong
}

// TestHistoryIsJudged: what the judge is there for it sees.
func TestHistoryIsJudged(t *testing.T) {
	claim := func(owner string, epoch int64) mongotest.Step {
		return mongotest.Step{Kind: mongotest.Claimed, Owner: owner, Epoch: epoch}
	}
	save := func(session string) mongotest.Step {
		return mongotest.Step{Kind: mongotest.Saved, Session: session}
	}
	ended := mongotest.Step{Kind: mongotest.Ended}
	for name, c := range map[string]struct {
		steps []mongotest.Step
		wrong int
	}{
		"one after the other":        {[]mongotest.Step{claim("a", 1), save("s"), claim("b", 2), save("t"), ended, claim("a", 3), save("s"), save("u")}, 0},
		"a late commit":              {[]mongotest.Step{claim("a", 1), save("s"), claim("b", 2), save("t"), save("s")}, 1},
		"a commit after the release": {[]mongotest.Step{claim("a", 1), save("s"), ended, save("s")}, 1},
		"an epoch twice":             {[]mongotest.Step{claim("a", 1), ended, claim("b", 1)}, 1},
	} {
		if _, _, _, wrong := commitsOf(map[string][]mongotest.Step{"n": c.steps}); len(wrong) != c.wrong {
			t.Errorf("%s: %d wrong, want %d: %v", name, len(wrong), c.wrong, wrong)
		}
	}
}
