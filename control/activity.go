package control

import (
	"context"
	"slices"
	"time"

	"collector/control/words"
	"collector/fault"
	"collector/state"
	"collector/store"
)

// Bounds of one page of the activity.
const (
	ActivityMost = 50  // events
	ActivityRuns = 200 // networks whose runs are looked at, and webhooks: of more none is
	mostLooks    = 16  // readings of the log
)

// ActivityKinds are what the activity can be narrowed to; "" is everything.
var ActivityKinds = [...]string{"", "new", "changed", "gone", "wait", "fail", "webhook", "instance"}

// ActivityAsked is a question for what happened.
type ActivityAsked struct {
	User      string // "" all users
	Network   string // only of this one, by its name; "" any
	Kind      string // one of ActivityKinds
	Before    int64  // only changes before this number of the log; 0: the newest, and what the log does not have
	Webhooks  bool   // who asks may see those of User
	Instances bool   // who asks may see what runs where
}

// Event is one thing that happened. What names what it is: a page that changed a list, a run that
// came to a limit, one that failed, how the calls of a webhook go, or an instance.
type Event struct {
	What      string         `json:"what" enum:"change,wait,fail,webhook,instance" doc:"what it is"`
	At        *time.Time     `json:"at"`
	User      string         `json:"user,omitempty" doc:"whose it is; absent of an instance"`
	Network   string         `json:"network,omitempty" doc:"of a change and a run: the list"`
	Seq       int64          `json:"seq,omitempty" doc:"of a change: its number in the log"`
	Kind      string         `json:"kind,omitempty" doc:"of a change and a run: the sort of walk"`
	Added     int            `json:"added,omitempty"`
	Changed   int            `json:"changed,omitempty"`
	Removed   int            `json:"removed,omitempty"`
	Fault     string         `json:"fault,omitempty" doc:"of a run: what kind of failure"`
	Webhook   *WebhookEvent  `json:"webhook,omitempty"`
	Instance  *InstanceEvent `json:"instance,omitempty"`
	Simulated bool           `json:"simulated,omitempty"`
}

// Activity is a page of what happened, newest first.
type Activity struct {
	Events  []Event `json:"events" nullable:"false" doc:"newest first"`
	Older   int64   `json:"older" doc:"before of the page that follows; 0 on the last one"`
	Last    int64   `json:"last" doc:"the newest number of the log when it was read"`
	Crowded bool    `json:"crowded" doc:"there are too many lists, or webhooks, to look at each: their waits and failures are left out"`

	Lists []state.Network `json:"-"` // of the user, one more than ActivityRuns at most
}

// InLog says whether the log of changes has events of a kind. What it has not is what is known of
// lists, webhooks and instances now.
func InLog(kind string) bool { return slices.Contains([]string{"", "new", "changed", "gone"}, kind) }

// WantedChanges says which changes are of a network and a kind; "" is any.
func WantedChanges(network, kind string) func(store.ChangeCount) bool {
	return func(ch store.ChangeCount) bool {
		if network != "" && ch.Network != network {
			return false
		}
		switch kind {
		case "new":
			return ch.Added > 0
		case "changed":
			return ch.Changed > 0
		case "gone":
			return ch.Removed > 0
		}
		return InLog(kind)
	}
}

// EventOf is a change as an event.
func (p *Panel) EventOf(ch store.ChangeCount) Event {
	return Event{
		What: "change", At: words.Stamp(ch.At), User: ch.User, Network: ch.Network, Seq: ch.Seq, Kind: ch.Kind,
		Added: ch.Added, Changed: ch.Changed, Removed: ch.Removed, Simulated: p.Simulated,
	}
}

// Activity is a page of what happened. The log of changes is read backwards; waits and failures are
// those of the last runs of each list, and stand on the first page alone, as webhooks and instances do.
func (p *Panel) Activity(ctx context.Context, a ActivityAsked, now time.Time) (out Activity, err error) {
	if !slices.Contains(ActivityKinds[:], a.Kind) {
		return out, you(Wrong, "choose one of the list", "there is no such kind of activity")
	}
	if out.Last, err = p.Store.LastChange(ctx); err != nil { // before the list: what comes meanwhile is told afterwards
		return out, err
	}
	if out.Lists, err = p.Store.Networks(ctx, store.Filter{User: a.User, Limit: ActivityRuns + 1}); err != nil {
		return out, err
	}
	upTo := out.Last
	if a.Before > 0 {
		upTo = min(upTo, a.Before-1)
	}
	var list []store.ChangeCount
	if InLog(a.Kind) {
		if list, out.Older, err = newestChanges(ctx, p.Store, a.User, upTo, WantedChanges(a.Network, a.Kind)); err != nil {
			return out, err
		}
	}
	out.Events = make([]Event, 0, len(list))
	for _, ch := range list {
		out.Events = append(out.Events, p.EventOf(ch))
	}
	if a.Before > 0 {
		return out, nil
	}
	others, crowded, err := p.beside(ctx, a, out.Lists, now)
	if err != nil {
		return out, err
	}
	out.Crowded = crowded
	out.Events = merged(out.Events, others, out.Older > 0)
	return out, nil
}

// beside are the events that the log does not have, newest first, ActivityMost at most.
func (p *Panel) beside(ctx context.Context, a ActivityAsked, lists []state.Network, now time.Time) (out []Event, crowded bool, err error) {
	if crowded = len(lists) > ActivityRuns; !crowded {
		out = p.troubledRuns(lists, a)
	}
	if a.Network == "" && a.Webhooks && slices.Contains([]string{"", "fail", "webhook"}, a.Kind) {
		hooks, many, err := p.webhookEvents(ctx, a)
		if err != nil {
			return nil, false, err
		}
		out, crowded = append(out, hooks...), crowded || many
	}
	if a.Network == "" && a.Instances && slices.Contains([]string{"", "fail", "instance"}, a.Kind) {
		came, err := p.instanceEvents(ctx, a.Kind, now)
		if err != nil {
			return nil, false, err
		}
		out = append(out, came...)
	}
	newestFirst(out)
	return out[:min(len(out), ActivityMost)], crowded, nil
}

// troubledRuns are the waits and failures among the last runs of networks.
func (p *Panel) troubledRuns(of []state.Network, a ActivityAsked) (out []Event) {
	if !slices.Contains([]string{"", "wait", "fail"}, a.Kind) {
		return nil
	}
	for _, n := range of {
		if a.Network != "" && n.Name() != a.Network {
			continue
		}
		for _, r := range n.Runs {
			what := "fail"
			if r.Fault == fault.RateLimited.String() {
				what = "wait"
			}
			if r.Fault == "" || a.Kind != "" && a.Kind != what || r.At.IsZero() {
				continue
			}
			out = append(out, Event{What: what, At: words.Stamp(r.At), User: n.User, Network: n.Name(), Kind: r.Kind, Fault: r.Fault, Simulated: p.Simulated})
		}
	}
	return out
}

// merged puts others between changes by their times. Where there are older changes than those on
// the page, older others are left out.
func merged(changes, others []Event, older bool) []Event {
	if older && len(changes) > 0 {
		oldest := changes[len(changes)-1].At
		others = slices.DeleteFunc(others, func(e Event) bool { return e.At.Before(*oldest) })
	}
	changes = append(changes, others...)
	newestFirst(changes)
	return changes
}

func newestFirst(list []Event) {
	slices.SortStableFunc(list, func(x, y Event) int { return y.At.Compare(*x.At) })
}

// What a reading of the log holds at most: the first one about a page, since most often all
// changes there are wanted; those after it more.
const (
	firstBatch = ActivityMost + ActivityMost/4 // a few are not wanted
	laterBatch = 500
)

// newestChanges reads a log backwards from a number on until it has enough changes.
func newestChanges(ctx context.Context, log store.Items, user string, upTo int64, wants func(store.ChangeCount) bool) (out []store.ChangeCount, older int64, err error) {
	batch, before := firstBatch, upTo+1
	for range mostLooks {
		if before <= 1 {
			return out, 0, nil
		}
		list, err := log.NewestChanges(ctx, user, before, batch)
		if err != nil {
			return nil, 0, err
		}
		for _, ch := range list {
			if !wants(ch) {
				continue
			}
			if len(out) == ActivityMost {
				return out, out[ActivityMost-1].Seq, nil
			}
			out = append(out, ch)
		}
		if len(list) < batch {
			return out, 0, nil
		}
		before, batch = list[len(list)-1].Seq, min(laterBatch, batch*4)
	}
	return out, before, nil
}
