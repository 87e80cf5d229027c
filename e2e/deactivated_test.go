//go:build e2e

package e2e

import (
	"testing"
)

// TestBlueskyDeactivated takes the account offline at the real server and back:
// the collector keeps what it has, asks its user, and goes on once told to.
func TestBlueskyDeactivated(t *testing.T) {
	w := newWorld(t)
	w.like(t, "early", 5)
	p := install(t, build(t), w.settings()...)
	p.run(t, w.credential(t, nil), "connect", "bluesky", "--server", w.gate.URL, "--token-stdin")
	d := p.start(t)
	eventually(t, "the likes", func() string { return w.differs(t, p.export(t)) })

	if err := w.ada.Deactivate(t.Context()); err != nil {
		t.Fatal(err)
	}
	var s standing
	eventually(t, "the account is gone", func() string {
		var all string
		if s, all = p.status(t); s.Condition == "gone" && s.NeedsYou && s.Next == nil {
			return ""
		}
		return all
	})
	if s.Items != 5 || s.Error == nil || s.Error.Whose != "you" || s.Error.Next == "" {
		t.Errorf("the account was taken offline by its owner, the status says: %+v %+v", s, s.Error)
	}

	if err := w.ada.Activate(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.like(t, "back", 2)
	p.must(t, "", "accounts", "resume", s.Network)
	eventually(t, "the likes made since", func() string { return w.differs(t, p.export(t)) })
	if code := d.stop(t); code != 0 {
		t.Errorf("the daemon ended with %d", code)
	}
}
