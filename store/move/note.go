package move

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"collector/store"
)

// note is how far a move has come, kept in the target.
type note struct {
	From   string       `json:"from"`
	Digest string       `json:"digest"` // of the source when the move began
	Done   []store.Part `json:"done,omitempty"`
	Part   store.Part   `json:"part,omitempty"` // of which records have been put
	After  []byte       `json:"after,omitempty"`
}

// readNote returns the note of an unfinished move, nil where there is none.
func readNote(ctx context.Context, to store.Movable) (*note, error) {
	text, err := to.Meta(ctx, store.MetaMoving)
	if err != nil || text == "" {
		return nil, err
	}
	var n note
	if err := json.Unmarshal([]byte(text), &n); err != nil {
		return nil, fmt.Errorf("reading how far the move has come: %w", err)
	}
	return &n, nil
}

func (n note) save(ctx context.Context, to store.Movable) error {
	text, err := json.Marshal(n)
	if err != nil {
		return err
	}
	if err := to.SetMeta(ctx, store.MetaMoving, string(text)); err != nil {
		return fmt.Errorf("noting how far the move has come: %w", err)
	}
	return nil
}

// left are the parts that are not done.
func (n note) left() []store.Part {
	return slices.DeleteFunc(store.Parts(), func(p store.Part) bool { return slices.Contains(n.Done, p) })
}

// Digest tells two states of a source apart: whatever a daemon or a person does to
// items changes a network too.
func Digest(ctx context.Context, from store.Source, batch int) (string, error) {
	sum := sha256.New()
	err := networks(ctx, from, batch, func(ns []*store.WholeNetwork) error {
		for _, n := range ns {
			text, err := json.Marshal(n)
			if err != nil {
				return err
			}
			sum.Write(text) // never fails
		}
		return nil
	})
	return hex.EncodeToString(sum.Sum(nil)), err
}

// networks reads all networks of a source, a batch at a time.
func networks(ctx context.Context, from store.Source, batch int, fn func([]*store.WholeNetwork) error) error {
	for after := ""; ; {
		records, err := from.Take(ctx, store.PartNetworks, after, batch)
		if err != nil {
			return fmt.Errorf("reading the networks of the source: %w", err)
		}
		if len(records) == 0 {
			return nil
		}
		var ns []*store.WholeNetwork
		for _, r := range records {
			ns = append(ns, r.Network)
		}
		if err := fn(ns); err != nil {
			return err
		}
		after = records[len(records)-1].Key()
	}
}
