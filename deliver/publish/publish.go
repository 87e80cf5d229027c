// Package publish sends what was collected to topics and queues: a reader of the change
// log whose place is kept in the store.
//
// The log has no holes and the place moves only behind what is stored at the broker, so
// nothing is left out. What was sent just before a crash is sent again, under the same id:
// a topic that still holds it stores nothing, and whoever else gets it twice can tell.
// Where it never ran it begins at the newest change, and of what the log no longer
// holds subscribers are told that something is missing.
package publish

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"collector/broker"
	"collector/store"
)

// Topic gets everything that is published; a user's own are on Topic + "." + the user's
// name, escaped as a part of a URL's path.
const Topic = "/topic/items"

// place is the name of the Meta value that holds the number of the last change that was
// published.
const place = "published"

// changes is how many pages are looked at at once.
const changes = 20

// Config says what is published.
type Config struct {
	Kinds   []string // of walks, as store.Change has them; nil is poll alone, so that a first backfill floods nobody
	Queues  []string // queues that also get everything
	Private bool     // also what is private at its service
	// Body returns what a message says of an item.
	Body func(store.Liked) ([]byte, error)
	// Type is the content-type of bodies.
	Type string
}

// Publisher reads the change log of a store. One at a time should run; a second one sends
// everything again.
type Publisher struct {
	st   store.Store
	send func(context.Context, time.Time, []broker.Message) error // broker.Broker.Send
	c    Config
}

// New returns a publisher that sends by send, which returns nil when messages are stored.
// The error is about a queue that cannot be.
func New(st store.Store, send func(context.Context, time.Time, []broker.Message) error, c Config) (*Publisher, error) {
	if len(c.Kinds) == 0 {
		c.Kinds = []string{"poll"}
	}
	for _, dest := range c.Queues {
		kind, _, err := broker.Destination(dest)
		if err != nil {
			return nil, err
		}
		if kind != broker.Queue {
			return nil, fmt.Errorf("publishing to %s: %w: it is no queue; everything goes to %s anyway", dest, broker.ErrDestination, Topic)
		}
	}
	return &Publisher{st: st, send: send, c: c}, nil
}

// ErrMissed says that changes were dropped from the log before they were published.
var ErrMissed = errors.New("the change log was shortened before it was published: subscribers were told that something is missing")

// Step publishes the next changes, if there are any, and returns how many it has looked at.
// ErrMissed is for people to know: the next call goes on.
func (p *Publisher) Step(ctx context.Context, now time.Time) (int, error) {
	since, err := p.since(ctx)
	if err != nil {
		return 0, fmt.Errorf("publishing: %w", err)
	}
	list, err := p.st.Changes(ctx, "", since, changes)
	if errors.Is(err, store.ErrGone) {
		return 0, p.skip(ctx, now, since)
	}
	if err != nil {
		return 0, fmt.Errorf("publishing: %w", err)
	}
	for _, c := range list {
		if err := p.publish(ctx, now, c); err != nil {
			return 0, fmt.Errorf("publishing change %d: %w", c.Seq, err)
		}
		if err := p.move(ctx, c.Seq); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}

// Begin notes that what is in the log already is not published, unless a publisher ran
// before. Step does so too; who calls it later than something is found calls this before.
func (p *Publisher) Begin(ctx context.Context) error {
	if _, err := p.since(ctx); err != nil {
		return fmt.Errorf("publishing: %w", err)
	}
	return nil
}

// since is the number of the last change that was published.
func (p *Publisher) since(ctx context.Context) (int64, error) {
	text, err := p.st.Meta(ctx, place)
	if err != nil {
		return 0, err
	}
	if text != "" {
		return strconv.ParseInt(text, 10, 64)
	}
	last, err := p.st.LastChange(ctx)
	if err != nil {
		return 0, err
	}
	return last, p.move(ctx, last)
}

func (p *Publisher) move(ctx context.Context, seq int64) error {
	if err := p.st.SetMeta(ctx, place, strconv.FormatInt(seq, 10)); err != nil {
		return fmt.Errorf("noting what was published: %w", err)
	}
	return nil
}

// skip goes on behind what the log no longer holds.
func (p *Publisher) skip(ctx context.Context, now time.Time, since int64) error {
	last, err := p.st.LastChange(ctx)
	if err == nil {
		last, err = store.LogFrom(ctx, p.st, since, last)
	}
	if err != nil {
		return fmt.Errorf("publishing: %w", err)
	}
	m := broker.Message{
		ID: fmt.Sprintf("missed-%d-%d", since, last), Priority: broker.DefaultPriority,
		Headers: []broker.Header{{Name: "change", Value: "missed"}, {Name: "after", Value: strconv.FormatInt(since, 10)}, {Name: "seq", Value: strconv.FormatInt(last, 10)}},
	}
	var ms []broker.Message
	for _, m.Destination = range append([]string{Topic}, p.c.Queues...) {
		ms = append(ms, m)
	}
	if err := p.send(ctx, now, ms); err != nil {
		return fmt.Errorf("publishing: %w", err)
	}
	if err := p.move(ctx, last); err != nil {
		return err
	}
	return fmt.Errorf("publishing the changes after %d: %w", since, ErrMissed)
}

// publish sends one page's changes.
func (p *Publisher) publish(ctx context.Context, now time.Time, c store.Change) error {
	if !slices.Contains(p.c.Kinds, c.Kind) {
		return nil
	}
	batch := newBatch(func(ms []broker.Message) error { return p.send(ctx, now, ms) })
	for _, part := range []struct {
		what string
		ids  []string
	}{{"added", c.Added}, {"changed", c.Changed}, {"removed", c.Removed}} {
		items, err := p.st.ByID(ctx, c.NetworkID, part.ids)
		if err != nil {
			return err
		}
		for _, it := range items { // what was purged meanwhile is not told of
			if it.Private && !p.c.Private {
				continue
			}
			if err := p.tell(batch, c, part.what, it); err != nil {
				return err
			}
		}
	}
	return batch.flush()
}

// tell adds the messages about one item.
func (p *Publisher) tell(batch *batch, c store.Change, what string, it store.Liked) error {
	body, err := p.c.Body(it)
	if err != nil {
		return fmt.Errorf("item %s of %s: %w", it.ID, it.Network, err)
	}
	m := broker.Message{
		ID: ID(c.Page, what, it.ID), Body: body, Priority: broker.DefaultPriority,
		Headers: []broker.Header{
			{Name: "content-type", Value: p.c.Type},
			{Name: "change", Value: what},
			{Name: "kind", Value: c.Kind},
			{Name: "seq", Value: strconv.FormatInt(c.Seq, 10)},
			{Name: "user", Value: it.User},
			{Name: "service", Value: it.Service},
			{Name: "network", Value: it.Network},
			{Name: "item", Value: it.ID},
		},
	}
	for _, dest := range append([]string{Topic, TopicOf(it.User)}, p.c.Queues...) {
		if _, _, err := broker.Destination(dest); err != nil {
			continue // of a user whose name is too long for a topic of its own
		}
		m.Destination = dest
		if err := batch.add(m); err != nil {
			return err
		}
	}
	return nil
}

// TopicOf is the topic of one user's items.
func TopicOf(user string) string { return Topic + "." + url.PathEscape(user) }

// ID is that of the message about one item in one page: the same whenever it is sent.
func ID(page, what, item string) string {
	sum := sha256.Sum256([]byte(page + "\x00" + what + "\x00" + item))
	return hex.EncodeToString(sum[:16])
}
