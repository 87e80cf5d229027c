package connectortest

import (
	"strings"
	"testing"
)

// Each case breaks one rule of a real connector; the kit must say so, by the
// rule that is named, and must have nothing to say of the same connector intact.
func TestKitCatchesSabotage(t *testing.T) {
	checked := map[string]bool{ // the two slow rules pass in the connectors' own packages
		"githubknockout": true, "mastodonknockout": true, "blueskyknockout": true, "githubrefuse": true, "blueskyrefuse": true,
	}
	for _, s := range sabotages() {
		t.Run(s.rule+"/"+strings.ReplaceAll(s.name, " ", "-"), func(t *testing.T) {
			intact, _ := rig(t, s.of)
			broken, handle := rig(t, s.of)
			s.how(handle)
			for _, r := range rules() {
				if r.name != s.rule {
					continue
				}
				if !checked[s.of+r.name] {
					if p := intact.problems(r, 1); len(p) > 0 {
						t.Fatalf("the intact connector fails: %s", p[0])
					}
					checked[s.of+r.name] = true
				}
				p := broken.problems(r, 1)
				if len(p) == 0 {
					t.Fatal("not caught")
				}
				t.Logf("caught: %.160s", p[0])
				return
			}
			t.Fatalf("there is no rule %q", s.rule)
		})
	}
}

func TestEveryRuleIsSabotaged(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range sabotages() {
		seen[s.rule] = true
	}
	for _, r := range rules() {
		if !seen[r.name] {
			t.Errorf("nothing breaks the rule %q: does it bite?", r.name)
		}
	}
}
