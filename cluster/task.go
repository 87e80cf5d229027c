package cluster

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// MaxPayload is the most bytes of a payload and of an answer. Messages say what is
// to be done; data lie in the store.
const MaxPayload = 64 << 10

// Task is work that the leader hands to one member.
type Task struct {
	ID       string          `json:"id"`   // one task of an id at a time
	Kind     string          `json:"kind"` // names the handler
	Payload  json.RawMessage `json:"payload,omitempty"`
	Executor string          `json:"executor"` // member that is to do it
	Term     int64           `json:"term"`     // of the leader that handed it out last
	Handed   int             `json:"handed"`   // how often it was handed out
}

// Result is what became of a task.
type Result struct {
	Task
	Answer   json.RawMessage `json:"answer,omitempty"`
	Error    string          `json:"error,omitempty"` // why the handler failed; "" when it did not
	Started  time.Time       `json:"started"`
	Finished time.Time       `json:"finished"`
}

// Handler does a task. It may be done twice, by two members: when one of them was
// taken for dead. Its context ends when the task was given to another one and when
// this one leaves.
type Handler func(ctx context.Context, t Task) (json.RawMessage, error)

// Balance chooses who does a task, among at least one member; open says how many
// tasks each has that are not answered. It is a pure function.
type Balance func(t Task, candidates []Peer, open map[string]int) string

// LeastLoaded chooses who has the least to do: tasks first, then networks in work.
// Equals take turns by a hash of the task's id.
func LeastLoaded(t Task, candidates []Peer, open map[string]int) string {
	turn := func(p Peer) string {
		h := sha256.Sum256([]byte(t.ID + "\x00" + p.ID))
		return string(h[:])
	}
	return slices.MinFunc(candidates, func(a, b Peer) int {
		switch {
		case open[a.ID] != open[b.ID]:
			return open[a.ID] - open[b.ID]
		case a.Load != b.Load:
			return a.Load - b.Load
		case turn(a) < turn(b):
			return -1
		}
		return 1
	}).ID
}

// candidates are the members that may do a task: not those that leave, and not the
// leader as long as there is another one.
func candidates(t Task, members []Peer, leader string) []Peer {
	var out, self []Peer
	for _, p := range members {
		switch {
		case p.Draining || !slices.Contains(p.Kinds, t.Kind):
		case p.ID == leader:
			self = append(self, p)
		default:
			out = append(out, p)
		}
	}
	if len(out) == 0 {
		return self
	}
	return out
}

func (t Task) encode() ([]byte, error) {
	if len(t.Payload) > MaxPayload {
		return nil, fmt.Errorf("the payload of task %s has %d bytes, at most %d are allowed: %w", t.ID, len(t.Payload), MaxPayload, ErrTooLarge)
	}
	b, err := json.Marshal(t)
	if err != nil {
		return nil, fmt.Errorf("writing task %s: %w", t.ID, err)
	}
	return b, nil
}

// short is as much of a text as a message may have, whole letters.
func short(text string) string {
	if len(text) <= MaxPayload {
		return text
	}
	return strings.ToValidUTF8(text[:MaxPayload], "")
}

// answer is the result of a task that a handler has done.
func answer(t Task, reply json.RawMessage, err error, started, finished time.Time) Result {
	r := Result{Task: t, Answer: reply, Started: started, Finished: finished}
	r.Payload = nil
	if len(reply) > MaxPayload {
		r.Answer, err = nil, fmt.Errorf("the answer has %d bytes, at most %d are allowed: %w", len(reply), MaxPayload, ErrTooLarge)
	}
	if err != nil {
		r.Error = short(err.Error())
	}
	return r
}
