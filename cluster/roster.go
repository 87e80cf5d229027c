package cluster

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Kind says what an Event tells.
type Kind string

// The kinds of events.
const (
	Init     Kind = "init"     // the members are known for the first time
	Added    Kind = "added"    // a member came
	Changed  Kind = "changed"  // a member says something else of itself
	Removed  Kind = "removed"  // a member left or died
	Led      Kind = "led"      // a member was elected
	Promoted Kind = "promoted" // it was this one
	Demoted  Kind = "demoted"  // this one leads no more
	Draining Kind = "draining" // somebody asked this one to leave
	Lost     Kind = "lost"     // the registry does not answer: by claims alone
	Back     Kind = "back"     // it answers again, and this one is registered
)

// Event is what happened to a cluster, as one member sees it.
type Event struct {
	Kind    Kind
	Peer    Peer   // of Added, Changed, Removed, Led (then the id alone may be known)
	Members []Peer // of Init, by id
	Term    int64  // of Led, Promoted, Demoted
	Err     error  // of Lost
}

// roster is who is a member. It is pure: what was seen goes in, events come out.
//
// A member that goes while this one is itself not registered may have lost its
// entry to the same outage or to an emptied registry. It is in doubt: it counts
// as removed only when it has not registered again after a time.
type roster struct {
	known  bool // a first list was seen
	peers  map[string]Peer
	doubts map[string]time.Time // members whose entry went: when they count as removed
}

func newRoster() *roster {
	return &roster{peers: map[string]Peer{}, doubts: map[string]time.Time{}}
}

// list returns the members by id.
func (r *roster) list() []Peer {
	var out []Peer
	for _, p := range r.peers {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b Peer) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// put takes in the entry of a member.
func (r *roster) put(e Entry) []Event {
	p := readPeer(e)
	delete(r.doubts, p.ID)
	was, there := r.peers[p.ID]
	r.peers[p.ID] = p
	switch {
	case !r.known:
		return nil
	case !there:
		return []Event{{Kind: Added, Peer: p}}
	case !was.equal(p):
		return []Event{{Kind: Changed, Peer: p}}
	}
	return nil
}

// drop takes in that the entry of a member went. A zero time says that it is sure
// that the member did, another one when it will be.
func (r *roster) drop(id string, until time.Time) []Event {
	p, there := r.peers[id]
	if !there {
		return nil
	}
	if !until.IsZero() {
		if _, already := r.doubts[id]; !already {
			r.doubts[id] = until
		}
		return nil
	}
	delete(r.doubts, id)
	delete(r.peers, id)
	return []Event{{Kind: Removed, Peer: p}}
}

// apply takes in one change.
func (r *roster) apply(c Change, until time.Time) []Event {
	id, ours := strings.CutPrefix(c.Key, memberKeys)
	switch {
	case !ours:
		return nil
	case c.Deleted:
		return r.drop(id, until)
	}
	return r.put(c.Entry)
}

// relist takes in all entries, after a time without news.
func (r *roster) relist(entries []Entry, until time.Time) []Event {
	var out []Event
	there := map[string]bool{}
	for _, e := range entries {
		if id, ours := strings.CutPrefix(e.Key, memberKeys); ours {
			there[id] = true
			out = append(out, r.put(e)...)
		}
	}
	for _, p := range r.list() {
		if !there[p.ID] {
			out = append(out, r.drop(p.ID, until)...)
		}
	}
	if !r.known {
		r.known = true
		out = append(out, Event{Kind: Init, Members: r.list()})
	}
	return out
}

// settle removes members whose time in doubt is over at now, with sure all of them.
func (r *roster) settle(now time.Time, sure bool) []Event {
	var out []Event
	for _, p := range r.list() {
		if end, doubted := r.doubts[p.ID]; doubted && (sure || !now.Before(end)) {
			out = append(out, r.drop(p.ID, time.Time{})...)
		}
	}
	return out
}
