package push

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"collector/fault"
	"collector/store"
)

// place is how far a push is: in the walk through all that matches behind After, and behind
// the change Seq afterwards, which was the newest one when the walk began. Of the change In,
// which is the next one, the likes up to ID are done.
type place struct {
	Seq     int64  `json:"seq"`
	Walking bool   `json:"walking,omitempty"`
	After   string `json:"after,omitempty"`
	In      int64  `json:"in,omitempty"`
	ID      string `json:"id,omitempty"`

	Stuck string `json:"stuck,omitempty"` // digest of the like at which runs have ended
	Times int    `json:"times,omitempty"` // how many, one after the other
}

// key is the name of the value in which the place stands. It tells neither the address nor
// the query, so that nothing of a person is left in it once his likes are purged.
func (p *Push) key() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %v", p.c.Name, p.c.User, p.c.Query, p.c.Private))
	return "push/" + hex.EncodeToString(sum[:12])
}

// waitKey is the name of the value that says until when a service wants no call, whatever is
// pushed to it.
func (p *Push) waitKey() string { return "push/wait/" + digest(p.c.Name) }

func digest(parts ...string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q", parts))
	return hex.EncodeToString(sum[:12])
}

// waits is a fault while the service wants no call.
func (p *Push) waits(ctx context.Context) error {
	text, err := p.c.Store.Meta(ctx, p.waitKey())
	if err != nil {
		return fmt.Errorf("reading when the service may be called: %w", err)
	}
	until, err := time.Parse(time.RFC3339, text)
	if wait := until.Sub(p.c.Now()); err == nil && wait > 0 && wait <= longestWait {
		return limited("the service has asked for fewer calls", wait)
	}
	return nil
}

// noteWait notes until when the service wants no call, if that is why a run ended.
func (p *Push) noteWait(ctx context.Context, err error) error {
	e := fault.As(err)
	if e == nil || e.Kind != fault.RateLimited || e.Wait <= 0 || p.c.Dry {
		return err
	}
	until := p.c.Now().Add(e.Wait).UTC().Format(time.RFC3339Nano)
	if bad := p.c.Store.SetMeta(ctx, p.waitKey(), until); bad != nil {
		return errors.Join(err, fmt.Errorf("noting when the service may be called: %w", bad))
	}
	return err
}

// begin reads the place. One that cannot be read, or is to be forgotten, is the beginning.
func (p *Push) begin(ctx context.Context) error {
	text, err := p.c.Store.Meta(ctx, p.key())
	if err != nil {
		return fmt.Errorf("reading how far was pushed: %w", err)
	}
	p.text = text
	if p.c.Again || text == "" || json.Unmarshal([]byte(text), &p.place) != nil {
		return p.restart(ctx)
	}
	return nil
}

// passes tells whether a like is to be passed by at which the run would end. It is one that
// the service breaks at each time: what lies behind it shall not wait for ever. Whatever
// else ends a run ends it.
func (p *Push) passes(ctx context.Context, it store.Liked, err error) (bool, error) {
	e := fault.As(err)
	if e == nil || ctx.Err() != nil || e.Kind != fault.Temporary && e.Status != http.StatusForbidden {
		return false, err
	}
	at := digest(it.NetworkID, it.ID)
	if p.place.Stuck != at {
		p.place.Stuck, p.place.Times = at, 0
	}
	if p.place.Times++; p.place.Times >= tries {
		p.place.Stuck, p.place.Times = "", 0
		return true, nil
	}
	if bad := p.save(ctx); bad != nil {
		return false, errors.Join(err, bad)
	}
	return false, err
}

// restart puts the place before everything.
func (p *Push) restart(ctx context.Context) error {
	last, err := p.c.Store.LastChange(ctx)
	if err != nil {
		return fmt.Errorf("reading how far the change log is: %w", err)
	}
	p.place = place{Seq: last, Walking: true}
	return p.save(ctx)
}

// save notes the place, unless somebody else has.
func (p *Push) save(ctx context.Context) error {
	if p.c.Dry {
		return nil
	}
	b, err := json.Marshal(p.place)
	if err != nil {
		return err
	}
	if string(b) == p.text {
		return nil
	}
	ok, err := p.c.Store.SwapMeta(ctx, p.key(), p.text, string(b))
	if err != nil {
		return fmt.Errorf("noting how far was pushed: %w", err)
	}
	if !ok {
		return ErrElsewhere
	}
	p.text = string(b)
	return nil
}
