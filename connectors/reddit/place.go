package reddit

import (
	"encoding/json"
	"regexp"
	"strings"

	"collector/connectors"
	"collector/fault"
)

// kept is how many earlier places a cursor names beside the start of the list.
const kept = 3

// fullname is how Reddit names a thing of any kind: t3_15bfi0.
var fullname = regexp.MustCompile(`^t[0-9]_[0-9a-z]{1,32}$`)

// place is where a page begins, written as "t3_c,t3_b,!t3_d".
type place struct {
	after  []string // the items after which this page and those before it begin, none is the start of the list
	unsure string   // nothing came after this item: it was the last, or is in the list no more
}

func parsePlace(c connectors.Cursor) (place, error) {
	if c == "" {
		return place{}, nil
	}
	var p place
	names, unsure, doubted := strings.Cut(string(c), "!")
	p.unsure = unsure
	names, whole := strings.CutSuffix(names, ",")
	if names != "" {
		p.after = strings.Split(names, ",")
	}
	for _, name := range p.after {
		whole = whole && fullname.MatchString(name)
	}
	if !whole || doubted != fullname.MatchString(unsure) || p.cursor() != c {
		return place{}, fault.New(fault.Bug, "reddit: the stored cursor is not one of this connector's")
	}
	return p, nil
}

func (p place) cursor() connectors.Cursor {
	var b strings.Builder
	for _, name := range p.after {
		b.WriteString(name + ",")
	}
	if p.unsure != "" {
		if len(p.after) == 0 {
			b.WriteByte(',')
		}
		b.WriteString("!" + p.unsure)
	}
	return connectors.Cursor(b.String())
}

// next is where the list goes on after a page that was read at p.
func (p place) next(after json.RawMessage, empty bool) (connectors.Cursor, error) {
	var name *string
	if len(after) == 0 || json.Unmarshal(after, &name) != nil || name != nil && !fullname.MatchString(*name) {
		return "", fault.New(fault.Malformed, "reddit: the page does not say after which item the list goes on")
	}
	switch {
	case name == nil && empty && len(p.after) > 0: // ask the page before whether its last item still is
		return place{p.after[1:], p.after[0]}.cursor(), nil
	case name == nil, *name == p.unsure:
		return "", nil
	}
	all := append([]string{*name}, p.after...)
	return place{after: all[:min(len(all), kept)]}.cursor(), nil
}
