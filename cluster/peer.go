package cluster

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Peer is what a member says of itself.
type Peer struct {
	ID       string    `json:"id"`                // readable and unique: host, process, chance
	Host     string    `json:"host"`              // name of its machine
	Address  string    `json:"address,omitempty"` // where it serves; "" if it does not
	Mode     string    `json:"mode"`
	Version  string    `json:"version"`
	Started  time.Time `json:"started"`
	Load     int       `json:"load"`               // networks in work
	Claims   string    `json:"claims,omitempty"`   // what it restricts itself to, for people
	Kinds    []string  `json:"kinds,omitempty"`    // tasks that it can do
	Draining bool      `json:"draining,omitempty"` // it takes nothing more and will leave
}

func (p Peer) equal(q Peer) bool {
	a, b := p, q
	a.Kinds, b.Kinds = nil, nil
	a.Started, b.Started = time.Time{}, time.Time{}
	return slices.Equal(p.Kinds, q.Kinds) && p.Started.Equal(q.Started) && fmt.Sprint(a) == fmt.Sprint(b)
}

// readPeer reads the entry of a member. One that cannot be read (a newer version
// may have written it) is still a member.
func readPeer(e Entry) Peer {
	var p Peer
	if json.Unmarshal(e.Value, &p) != nil {
		p = Peer{}
	}
	p.ID = strings.TrimPrefix(e.Key, memberKeys)
	return p
}

// Picture is a cluster as it is at one moment.
type Picture struct {
	Members []Peer // by id
	Leader  string // id; "" while there is none
	Term    int64  // revision of the leader's election
	Tasks   int    // handed out and not answered
	Results int    // answered and not taken by the leader
}

// Look reads the registry once.
func Look(ctx context.Context, r Registry) (Picture, error) {
	entries, _, err := r.List(ctx)
	if err != nil {
		return Picture{}, fmt.Errorf("reading the members of the cluster: %w", err)
	}
	var p Picture
	for _, e := range entries {
		switch {
		case e.Key == leaderKey:
			p.Leader, p.Term = string(e.Value), e.Created
		case strings.HasPrefix(e.Key, memberKeys):
			p.Members = append(p.Members, readPeer(e))
		case strings.HasPrefix(e.Key, taskKeys):
			p.Tasks++
		case strings.HasPrefix(e.Key, resultKeys):
			p.Results++
		}
	}
	slices.SortFunc(p.Members, func(a, b Peer) int { return cmp.Compare(a.ID, b.ID) })
	return p, nil
}

// Drain asks a member to claim nothing more, to finish and to leave. The wish ends
// with the member. ErrNoMember when there is none of that id.
func Drain(ctx context.Context, r Registry, id string) error {
	entries, _, err := r.List(ctx)
	if err != nil {
		return fmt.Errorf("asking %s to leave: %w", id, err)
	}
	at := slices.IndexFunc(entries, func(e Entry) bool { return e.Key == memberKeys+id })
	if at < 0 {
		return fmt.Errorf("%w: %s", ErrNoMember, id)
	}
	ok, err := r.Commit(ctx, Txn{
		If:   []Guard{MadeAt(memberKeys+id, entries[at].Created)},
		Then: []Op{{Key: drainKeys + id, Lease: entries[at].Lease}},
	})
	if err != nil {
		return fmt.Errorf("asking %s to leave: %w", id, err)
	}
	if !ok {
		return fmt.Errorf("%w: %s has just left", ErrNoMember, id)
	}
	return nil
}
