package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"collector/store"
)

// written is the name of the value that holds the notebook.
const written = "notify"

// notebook is what all instances know of what was told.
type notebook struct {
	Told  map[string]fact `json:"told,omitempty"`  // what is so, as the last message said
	Heard map[string]fact `json:"heard,omitempty"` // what an instance saw and no message has told
	At    time.Time       `json:"at,omitzero"`     // when the last message was made
	Out   []letter        `json:"out,omitempty"`   // that are still to be sent
}

// letter is a message on its way.
type letter struct {
	ID string `json:"id"`
	Message
	Made  time.Time      `json:"made"`
	To    map[string]try `json:"to"` // by the names of addresses that have not got it
	By    string         `json:"by"` // the instance that sends it
	Until time.Time      `json:"until"`
}

// try is how it stands with one address.
type try struct {
	N    int       `json:"n,omitempty"`
	Next time.Time `json:"next,omitzero"`
}

// most is how many letters are kept: addresses that fail for hours miss older ones.
const most = 20

func read(ctx context.Context, st store.Store) (notebook, string, error) {
	var n notebook
	text, err := st.Meta(ctx, written)
	if err != nil || text == "" {
		return n, "", err
	}
	if err := json.Unmarshal([]byte(text), &n); err != nil {
		return notebook{}, text, fmt.Errorf("reading what was told: %w", err)
	}
	return n, text, nil
}

// errContended says that others wrote again and again meanwhile.
var errContended = errors.New("noting what was told: other instances write all the time")

// update changes the notebook by fn, which is called anew where another instance was
// first. Where fn returns false nothing is written.
func update(ctx context.Context, st store.Store, fn func(*notebook) bool) error {
	for range 20 {
		n, text, err := read(ctx, st)
		if err != nil {
			return err
		}
		if n.Told == nil {
			n.Told = map[string]fact{}
		}
		if n.Heard == nil {
			n.Heard = map[string]fact{}
		}
		if !fn(&n) {
			return nil
		}
		after, err := json.Marshal(n)
		if err != nil {
			return fmt.Errorf("noting what was told: %w", err)
		}
		done, err := st.SwapMeta(ctx, written, text, string(after))
		if err != nil || done {
			return err
		}
	}
	return errContended
}
