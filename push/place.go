package push

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// place is how far a push is: in the walk through all that matches behind After, and behind
// the change Seq afterwards, which was the newest one when the walk began.
type place struct {
	Seq     int64  `json:"seq"`
	Walking bool   `json:"walking,omitempty"`
	After   string `json:"after,omitempty"`
}

// key is the name of the value in which the place stands. It tells neither the address nor
// the query, so that nothing of a person is left in it once his likes are purged.
func (p *Push) key() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %v", p.c.Name, p.c.User, p.c.Query, p.c.Private))
	return "push/" + hex.EncodeToString(sum[:12])
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
