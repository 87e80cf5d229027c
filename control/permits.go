package control

import (
	"slices"
	"strings"

	"collector/connectors"
	"collector/control/words"
)

// Power is a permission that a credential has beyond what is needed.
type Power struct {
	Name string `json:"name"` // as the service writes it
	May  string `json:"may"`  // what it allows, after "may also"; "" not known here
}

// MissingScopes lists needed permissions that a reply neither named nor contained in another
// one; nothing where it named none at all.
func MissingScopes(in connectors.Info, granted []string) (out []connectors.Scope) {
	if len(granted) == 0 {
		return nil
	}
	for _, s := range in.Auth.Scopes {
		if !s.Optional && !permits(in, granted, s.Name) {
			out = append(out, s)
		}
	}
	return out
}

// permits says whether a permission is granted, by its name or in another one.
func permits(in connectors.Info, granted []string, name string) bool {
	return slices.Contains(granted, name) || slices.ContainsFunc(in.Auth.Beyond, func(p connectors.Power) bool {
		return slices.Contains(granted, p.Name) && slices.Contains(p.Covers, name)
	})
}

// Excess lists what a credential may do that no list of its provider needs: the token of
// one serves for all of them.
func (p *Panel) Excess(in connectors.Info, granted []string) []Power {
	out := []Power{}
	for _, name := range granted {
		at := slices.IndexFunc(in.Auth.Beyond, func(b connectors.Power) bool { return b.Name == name })
		switch {
		case p.needs(in, name) || slices.ContainsFunc(out, func(o Power) bool { return o.Name == name }):
		case at >= 0:
			out = append(out, Power{name, in.Auth.Beyond[at].May})
		case !asked(in, name):
			out = append(out, Power{name, ""})
		}
	}
	return out
}

// needs says whether a list of a provider is not read without a permission.
func (p *Panel) needs(in connectors.Info, name string) bool {
	return slices.ContainsFunc(p.Connectors, func(c connectors.Connector) bool {
		other := c.Info()
		return other.Provider == in.Provider && slices.ContainsFunc(other.Auth.Scopes, func(s connectors.Scope) bool { return s.Name == name && !s.Optional })
	})
}

// asked says whether a service names a permission among those that it asks for.
func asked(in connectors.Info, name string) bool {
	return slices.ContainsFunc(in.Auth.Scopes, func(s connectors.Scope) bool { return s.Name == name })
}

// ExcessWords say what a credential may do beyond what is needed, as a sentence without its
// full stop: "This token may also write to your repositories (repo) and delete repositories
// (delete_repo); collector does none of that". "" for nothing.
func ExcessWords(in connectors.Info, excess []Power) string {
	var may, unknown, but []string
	names := map[string][]string{}
	for _, p := range excess {
		switch {
		case p.May == "":
			unknown = append(unknown, words.Line(p.Name))
		case names[p.May] == nil:
			may = append(may, p.May)
			fallthrough
		default:
			names[p.May] = append(names[p.May], words.Line(p.Name))
		}
		for _, s := range in.Auth.Scopes {
			if s.Name == p.Name {
				but = append(but, s.Name+": "+s.Why)
			}
		}
	}
	for i, m := range may {
		may[i] = m + " (" + strings.Join(names[m], ", ") + ")"
	}
	var said []string
	if len(may) > 0 {
		said = append(said, "may also "+words.List(may))
	}
	if len(unknown) > 0 {
		said = append(said, "is also permitted "+words.List(unknown))
	}
	if len(said) == 0 {
		return ""
	}
	out := "This " + signing(in) + " " + strings.Join(said, ", and ") + "; collector does none of that"
	if len(but) > 0 {
		out += " (" + strings.Join(but, "; ") + ")"
	}
	return out
}

// signing is what a service is signed in to with.
func signing(in connectors.Info) string {
	if in.Auth.Session || in.Auth.Password {
		return "password"
	}
	return "token"
}
