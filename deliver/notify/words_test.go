package notify

import (
	"fmt"
	"strings"
	"testing"
	"unicode"

	"collector/state"
)

func TestCompose(t *testing.T) {
	network := func(name, what, next string) change {
		return change{fact: fact{Kind: ofNetwork, Name: name, What: what, Next: next}}
	}
	m := compose([]change{
		{fact{Kind: ofNetwork, Name: "github/b", What: signIn}, "is well again"},
		network("mastodon/@me@social.example", scope, "collector connect mastodon"),
		network("github/a\x1b[31m\n evil", signIn, ""),
		{fact: fact{Kind: ofBackfill, Name: "github/a", What: "is read as a whole; from now on it is polled"}},
	})
	want := `github/a [31m evil needs a new sign-in.
mastodon/@me@social.example needs a permission that its token lacks.
  Next: collector connect mastodon
github/a is read as a whole; from now on it is polled.
github/b is well again.
collector status says how everything stands.`
	if m.Body != want || m.Title != "collector: 2 things need you, 1 thing is well again, 1 history is read" {
		t.Errorf("%s\n%s", m.Title, m.Body)
	}
}

// TestMessagesAreShort: whatever there is to tell, a message is one that all services take.
func TestMessagesAreShort(t *testing.T) {
	var all []change
	for _, what := range []string{signIn, scope, missing, person, failing, brake} {
		for i := range 4 {
			all = append(all, change{fact: fact{Kind: ofNetwork, Name: fmt.Sprint(i, strings.Repeat("é", 300)), What: what, Next: strings.Repeat("do ", 200)}})
		}
		all = append(all, change{fact: fact{Kind: ofWebhook, Name: "webhook", What: "is " + what}})
	}
	for n := range all {
		m := compose(all[:n+1])
		if len(m.Body) > 1000 || len(m.Title) > 100 || strings.ContainsFunc(m.Title, func(r rune) bool { return r > unicode.MaxASCII }) {
			t.Errorf("%d changes: %d bytes, %q", n+1, len(m.Body), m.Title)
		}
		if strings.ToValidUTF8(m.Body, "") != m.Body {
			t.Errorf("%d changes: half a letter", n+1)
		}
	}
}

// TestNeeds: each condition is one that asks for a person, or is none.
func TestNeeds(t *testing.T) {
	for c, want := range map[state.Condition]string{
		state.NeedsSignIn: signIn, state.NeedsScope: scope, state.Missing: missing, state.Broken: person, state.Stalled: person,
		state.OK: "", state.Limited: "", state.Failing: "", state.Imported: "",
	} {
		if got := needs(c); got != want {
			t.Errorf("%s: %q", c, got)
		}
	}
}
