package storetest

import (
	"fmt"
	"time"

	"github.com/anishathalye/porcupine"

	"collector/state"
)

// asked is a call; times are milliseconds after noon.
type asked struct {
	What       string
	Owner      string
	Epoch      int64
	Now, Until int64 // Until: the lease end, or when it is due again
	Walks      int64 // what the progress becomes
}

// told is its answer.
type told struct {
	Lost    bool // the lease
	Claimed bool
	Seen    seen // of a claim that got the network, and of a look
}

// seen is what can be read of a network.
type seen struct {
	Owner       string
	Epoch       int64
	Until, Wake int64 // unset where there is none
	Paused      bool
	Walks       int64 // the progress, by a number that no two writes share
	Items       int
	Crashes     int
}

// unset is the time that is none, and atFirst that of what a person asked for.
const unset = -1 << 62

func atFirst() int64 { return millis(time.UnixMilli(1)) }

func millis(t time.Time) int64 {
	if t.IsZero() {
		return unset
	}
	return t.Sub(at(0)).Milliseconds()
}

func seenOf(n state.Network) seen {
	return seen{
		Owner: n.Owner, Epoch: n.Epoch, Until: millis(n.LeaseUntil), Wake: millis(n.WakeAt),
		Paused: n.Paused, Walks: n.Walks, Items: n.Items, Crashes: n.Crashes,
	}
}

// one is a network as the model knows it: what can be read, and whether and when
// a person asked for it since the claim.
type one struct {
	seen
	hurry   bool
	askedAt int64
}

// shows tells whether that can be read of it. What a person asked for stands
// before everything else, and is shown as due since then.
func (n one) shows(s seen) bool {
	want := n.seen
	if want.Wake == atFirst() {
		want.Wake = n.askedAt
	}
	return s == want
}

// oneNetwork is what a network does when one call follows another. It says in a
// few lines what state.Store says in words; without the number of items where half
// pages may stay.
func oneNetwork(halfPages bool) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return one{seen: seen{Until: unset}} },
		Step: func(s, in, out any) (bool, any) {
			was, told := s.(one), out.(told)
			if halfPages { // how many items there are is not told then
				told.Seen.Items, was.Items = 0, 0
			}
			n, ok := was.after(in.(asked), told)
			if halfPages {
				n.Items = 0
			}
			return ok, n
		},
		DescribeOperation: func(in, out any) string { return fmt.Sprintf("%+v -> %+v", in, out) },
		DescribeState:     func(s any) string { return fmt.Sprintf("%+v", s) },
	}
}

// after is the network after a call, and whether the call can have been told what
// it was told.
func (n one) after(in asked, out told) (one, bool) {
	switch in.What {
	case "look":
		return n, n.shows(out.Seen)
	case "claim":
		if !n.due(in) {
			return n, !out.Claimed
		}
		n.Owner, n.Until, n.Wake, n.hurry = in.Owner, in.Until, in.Until, false
		n.Epoch++
		n.Crashes++
		return n, out.Claimed && n.shows(out.Seen)
	case "renew":
		if n.Owner == in.Owner {
			n.Until = in.Until
			if !n.Paused {
				n.Wake = in.Until
			}
		}
		return n, true
	case "wish":
		return n.woken(in.Now, atFirst()), true
	case "pause":
		n.Paused, n.Wake = true, unset
		return n, true
	case "resume":
		n.Paused = false
		return n.woken(in.Now, in.Now), true
	}
	if n.Owner == "" || n.Owner != in.Owner || n.Epoch != in.Epoch {
		return n, out.Lost
	}
	switch in.What {
	case "commit":
		n.Walks, n.Crashes = in.Walks, 0
		n.Items++
	case "release":
		n.Walks, n.Crashes = in.Walks, 0
		n = n.free(in.Until)
	case "postpone":
		n.Crashes = max(0, n.Crashes-1)
		n = n.free(in.Until)
	}
	return n, !out.Lost
}

// due tells whether a claim gets the network.
func (n one) due(in asked) bool {
	if n.Wake == unset {
		return false
	}
	latest := in.Now + (40 * day).Milliseconds()
	if n.Owner != "" {
		latest = in.Now + 2*(in.Until-in.Now)
	}
	return n.Wake <= in.Now || n.Wake > latest
}

// free ends the lease.
func (n one) free(due int64) one {
	n.Owner, n.Until, n.Wake = "", unset, due
	if n.hurry {
		n.Wake = atFirst()
	}
	if n.Paused {
		n.Wake = unset
	}
	return n
}

// woken is the network once a person asked for it.
func (n one) woken(now, wake int64) one {
	n.hurry, n.askedAt = true, now
	switch {
	case n.Paused:
		n.Wake = unset
	case n.Owner != "" && n.Until > now:
		n.Wake = n.Until
	default:
		n.Wake = wake
	}
	return n
}
