package control

import (
	"fmt"
	"slices"
	"strings"

	"collector/connectors"
	"collector/control/words"
	"collector/fetch"
)

// Wanted is what somebody wants to connect. It is checked before it is used: CheckWho,
// CheckParams, ServerOf.
type Wanted struct {
	User, Server, Name string // Name "": the service names the account
	Params             map[string]string
}

// CheckParams holds settings to what a service declares.
func CheckParams(in connectors.Info, given map[string]string) error {
	var known []string
	for _, p := range in.Params {
		known = append(known, p.Name)
	}
	for k, v := range given {
		if !slices.Contains(known, k) {
			return you(Wrong, fmt.Sprintf("collector connectors %s   lists its settings", in.Name), "%s has no setting %q", in.Name, words.Plain(k))
		}
		if v == "" || strings.ContainsAny(v, ":/\n") {
			return you(Wrong, "give it a value without : and /", "the setting %s of %s has the value %q", k, in.Name, words.Plain(v))
		}
	}
	for _, p := range in.Params {
		if p.Required && given[p.Name] == "" {
			return you(Wrong, fmt.Sprintf("add --param %s=…: %s", p.Name, p.Help), "%s needs the setting %s", in.Name, p.Name)
		}
	}
	return nil
}

// CheckWho refuses names that could not be typed again, or not be told apart from
// others on a screen.
func CheckWho(user, name string) error {
	for _, n := range []struct{ what, text string }{{"user", user}, {"name", name}} {
		if n.text != words.Line(n.text) || strings.Contains(n.text, " ") || len(n.text) > 200 {
			return you(Wrong, "choose one without blanks and control characters, of at most 200 bytes", "the %s %q cannot be used", n.what, words.Short(words.Plain(n.text), 40))
		}
	}
	if user == "" {
		return you(Wrong, "leave --user out for the user me", "the user has no name")
	}
	return nil
}

// ServerOf brings what a user calls his server into the form of an origin, and
// refuses one that fetch would not ask: allow is Config.AllowPrivate. (What its
// name leads to is seen when it is dialled.)
func ServerOf(in connectors.Info, server string, allow []string) (string, error) {
	switch {
	case server == "" && in.Servers && in.Server == "":
		return "", you(Wrong, "add --server https://your.server", "%s has many servers: say which is yours", in.Name)
	case server == "" && in.Servers:
		return in.Server, nil
	case server == "":
		return "", nil
	case !in.Servers:
		return "", you(Wrong, "leave --server out", "%s has no servers to choose from", in.Name)
	}
	normal, err := fetch.NormalizeServer(server, allow...)
	if err != nil {
		return "", you(Wrong, "write it as https://social.example; list a server of your own network in COLLECTOR_ALLOW_PRIVATE", "the server cannot be used: %w", err)
	}
	return normal, nil
}
