package control

import (
	"testing"

	"collector/connectors/all"
	"collector/state"
)

// TestNextStepCanBePasted: the command names whose account it is and where.
func TestNextStepCanBePasted(t *testing.T) {
	p := &Panel{Connectors: all.Connectors()}
	again := func(service string) string { return "sign in again: collector connect " + service }
	for _, c := range []struct {
		n    state.Network
		want string
	}{
		{state.Network{User: "me", Service: "github", Account: "o", RemoteID: "1", Progress: state.Progress{NextStep: again("github")}}, again("github")},
		{state.Network{User: "anna", Service: "github", Account: "o", RemoteID: "1", Progress: state.Progress{NextStep: again("github")}}, again("github") + " --user anna"},
		{state.Network{User: "an na", Service: "github", Account: "unnamed-1", Progress: state.Progress{NextStep: again("github")}}, again("github") + " --user 'an na' --name unnamed-1"},
		{state.Network{User: "me", Service: "mastodon", Server: "https://social.example", Account: "@o@social.example", RemoteID: "1", Progress: state.Progress{NextStep: again("mastodon")}}, again("mastodon") + " --server https://social.example"},
		{state.Network{User: "anna", Service: "github", Account: "o", Progress: state.Progress{NextStep: "collector accounts remove github/o"}}, "collector accounts remove github/o --user anna"},
		{state.Network{User: "anna", Service: "github", Account: "o", Progress: state.Progress{NextStep: "collector connect github connects it as a new account"}}, "collector connect github --user anna connects it as a new account"},
		{state.Network{User: "anna", Service: "github", Account: "o", Progress: state.Progress{NextStep: "collector connect github --name o"}}, "collector connect github --name o"},
		{state.Network{User: "anna", Service: "github", Account: "o", Progress: state.Progress{NextStep: "nothing: the collector tries again"}}, "nothing: the collector tries again"},
	} {
		if got := p.NextStep(c.n); got != c.want {
			t.Errorf("%s of %s: %q, want %q", c.n.Name(), c.n.User, got, c.want)
		}
	}
}
