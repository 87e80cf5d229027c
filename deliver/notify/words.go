package notify

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"collector/state"
)

// Message is what a person reads.
type Message struct {
	Title string `json:"title"` // one line, in ASCII
	Body  string `json:"body"`
}

// Test is the message of `collector notify test`.
func Test(host string) Message {
	return Message{"collector: a test", "This is a test of collector on " + clean(host) + ". You will be told here when something needs you."}
}

// Kinds are what can be told of.
var Kinds = [...]string{ofNetwork, ofRemovals, ofWebhook, ofStore, ofBackfill}

const (
	ofNetwork  = "network"  // one needs a person, or is well again
	ofRemovals = "removals" // likes that are gone wait for a word
	ofWebhook  = "webhook"  // one is not called any more
	ofStore    = "store"    // its disk is nearly full, or it cannot be written
	ofBackfill = "backfill" // a history is read
)

// Usual are the kinds that are told of unless others are named.
func Usual() []string {
	return slices.DeleteFunc(slices.Clone(Kinds[:]), func(k string) bool { return k == ofBackfill })
}

// What a network needs.
const (
	signIn  = "needs a new sign-in"
	scope   = "needs a permission that its token lacks"
	missing = "is not there any more at its service"
	person  = "needs a person: what the service answers makes no sense"
	failing = "has not been read for a day"
	brake   = "leaves out so many likes that none is taken as gone"
	refused = "does not take what is to be stored; nothing is collected"
)

// many networks that need a person at once are one fact, which names none.
const (
	crowd     = 5000
	crowded   = "more than 5000 networks need a person"
	uncrowded = "fewer than 5000 networks need a person again"
)

// needs is what a network needs of a person, "" for nothing.
func needs(c state.Condition) string {
	switch c {
	case state.NeedsSignIn:
		return signIn
	case state.NeedsScope:
		return scope
	case state.Missing:
		return missing
	case state.Broken, state.Stalled:
		return person
	case state.OK, state.Limited, state.Failing, state.Imported:
	}
	return ""
}

// fact is something that is so, and that is told when it begins.
type fact struct {
	Kind string `json:"kind"`
	What string `json:"what"`           // the words after the name; another What is another fact
	Name string `json:"name,omitempty"` // of the network, webhook or machine
	Next string `json:"next,omitempty"` // what to do
}

// change is one that is to be told: a fact that began, or one that has ended.
type change struct {
	fact
	Over string // in words; "" for one that began
}

// over is what is said when a fact has ended, "" for nothing.
func (f fact) over() string {
	switch f.Kind {
	case ofNetwork:
		if f.Name == "" {
			return uncrowded
		}
		return "is well again"
	case ofWebhook:
		return "is called again"
	case ofStore:
		return "has room again; collecting goes on"
	}
	return ""
}

const (
	alone   = 2   // of one group that are told one by one
	listed  = 5   // of a larger one that are named
	longest = 900 // bytes of what is told: some services cut a message of more than 1024
	cut     = 100 // bytes of one name; twice as many of an advice
)

// compose makes one message of all changes.
func compose(all []change) Message {
	groups := map[string][]change{}
	for _, c := range all {
		words := cmp.Or(c.Over, c.What)
		groups[words] = append(groups[words], c)
	}
	order := slices.SortedFunc(maps.Keys(groups), func(a, b string) int {
		x, y := groups[a][0], groups[b][0]
		rank := func(c change) int {
			i := slices.Index([]string{ofStore, ofNetwork, ofRemovals, ofWebhook, ofBackfill}, c.Kind)
			if c.Over != "" {
				i += len(Kinds)
			}
			return i
		}
		return cmp.Or(cmp.Compare(rank(x), rank(y)), cmp.Compare(len(groups[b]), len(groups[a])), strings.Compare(a, b))
	})
	var body strings.Builder
	for i, words := range order {
		part := paragraph(words, groups[words])
		if body.Len()+len(part) > longest {
			fmt.Fprintf(&body, "And %s more.\n", many(len(order)-i, "kind of change", "kinds of changes"))
			break
		}
		body.WriteString(part)
	}
	body.WriteString("collector status says how everything stands.")
	return Message{"collector: " + title(all), body.String()}
}

// paragraph tells what happened alike to some.
func paragraph(words string, of []change) string {
	slices.SortFunc(of, func(a, b change) int { return strings.Compare(a.Name, b.Name) })
	out := ""
	if len(of) <= alone {
		for _, c := range of {
			out += strings.TrimSpace(clean(c.Name)+" "+words) + ".\n"
			if c.Next != "" && c.Over == "" {
				out += "  Next: " + clipped(c.Next, 2*cut) + "\n"
			}
		}
		return out
	}
	var names []string
	for _, c := range of[:min(listed, len(of))] {
		names = append(names, clean(c.Name))
	}
	out = fmt.Sprintf("%d %s: %s", len(of), plural(words), strings.Join(names, ", "))
	if n := len(of) - len(names); n > 0 {
		out += fmt.Sprintf(" and %d more", n)
	}
	return out + ".\n"
}

// plural makes words about one fit several.
func plural(words string) string {
	for _, p := range [][2]string{{"needs ", "need "}, {"has ", "have "}, {"is ", "are "}, {"leaves ", "leave "}} {
		if rest, ok := strings.CutPrefix(words, p[0]); ok {
			return p[1] + rest
		}
	}
	return words
}

// title says in one line what matters most.
func title(all []change) string {
	needy, well, rest := 0, 0, 0
	for _, c := range all {
		switch {
		case c.Kind == ofStore && c.Over == "":
			return "the store needs you"
		case c.Kind == ofBackfill:
			rest++
		case c.Over == "":
			needy++
		default:
			well++
		}
	}
	var parts []string
	if needy > 0 {
		parts = append(parts, many(needy, "thing needs you", "things need you"))
	}
	if well > 0 {
		parts = append(parts, many(well, "thing is well again", "things are well again"))
	}
	if rest > 0 {
		parts = append(parts, many(rest, "history is read", "histories are read"))
	}
	return strings.Join(parts, ", ")
}

func many(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// clean is a name of elsewhere on one line, without what a terminal could obey.
func clean(s string) string { return clipped(s, cut) }

func clipped(s string, most int) string {
	s = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)), " ")
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

// networkName is how a network is called, with its user where that says something.
func networkName(n state.Network) string {
	if n.User == "me" {
		return n.Name()
	}
	return n.Name() + " of " + n.User
}
