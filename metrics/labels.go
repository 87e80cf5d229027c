package metrics

import (
	"strings"

	"collector/connectors"
)

// other is the label of whatever the program does not know.
const other = "other"

// known are the values that labels may have.
type known struct {
	services map[string]bool
	quotas   map[[2]string]bool // provider and name
}

func newKnown(infos []connectors.Info) known {
	k := known{map[string]bool{}, map[[2]string]bool{}}
	for _, in := range infos {
		k.services[in.Name] = true
		for _, q := range in.Quotas {
			k.quotas[[2]string{in.Provider, q.Name}] = true
		}
	}
	return k
}

// service is the label of a service.
func (k known) service(name string) string {
	if k.services[name] {
		return name
	}
	return other
}

// quota reads the labels of a quota from its key, which also names an account or a host:
// that is left out.
func (k known) quota(key string) (provider, name string) {
	provider, rest, _ := strings.Cut(key, "/")
	name, _, _ = strings.Cut(rest, "/")
	if !k.quotas[[2]string{provider, name}] {
		return other, other
	}
	return provider, name
}

// one returns a word if it is one of those, else other.
func one(word string, of ...string) string {
	for _, w := range of {
		if w == word {
			return w
		}
	}
	return other
}

// kindOf is the label of a kind of walk or page.
func kindOf(kind string) string {
	return one(kind, "backfill", "poll", "sweep", "details", "import")
}

// slug writes words as a label that Graphite takes as one: "needs sign-in" is needs_sign_in.
func slug(words string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return '_'
		}
		return r
	}, words)
}
