package control

import (
	"context"
	"errors"
	"time"

	"collector/cluster"
)

// Cluster is who runs together, who leads, and what is handed out.
type Cluster struct {
	Schema   int      `json:"schema"`
	Registry string   `json:"registry"`
	Leader   string   `json:"leader"`
	Term     int64    `json:"term"`
	Tasks    int      `json:"tasks"`
	Results  int      `json:"results"`
	Members  []Member `json:"members" nullable:"false"`
}

// Member is one instance of a cluster.
type Member struct {
	cluster.Peer
	Leader bool `json:"leader"`
}

// NoCluster says that the instances do not run together.
func NoCluster() error {
	return you(Unknown, "give all instances one --cluster=etcd://host:2379/prefix; `collector status` shows the instances of a store", "no cluster is configured")
}

// Drained says who was asked to leave.
type Drained struct {
	Member  string `json:"member"`
	Answers bool   `json:"answers"` // it is the collector that answered
}

// Drain asks a member of a cluster to claim nothing more, finish and end.
func Drain(ctx context.Context, r cluster.Registry, member string, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	switch err := cluster.Drain(ctx, r, member); {
	case errors.Is(err, cluster.ErrNoMember):
		return you(Unknown, "collector cluster members   lists them", "%w", err)
	case err != nil:
		return noAnswer(err)
	}
	return nil
}

func noAnswer(err error) error {
	return &Problem{Kind: Temporary, Reason: err.Error(), Err: err, Whose: "the cluster or the network", Next: "check --cluster and that etcd runs; the collectors go on by claims alone meanwhile"}
}

// ClusterOf reads a cluster once, and waits for it no longer than patience.
func ClusterOf(ctx context.Context, r cluster.Registry, patience time.Duration) (Cluster, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	p, err := cluster.Look(ctx, r)
	if err != nil {
		return Cluster{}, noAnswer(err)
	}
	v := Cluster{Schema: 1, Registry: r.Describe(), Leader: p.Leader, Term: p.Term, Tasks: p.Tasks, Results: p.Results, Members: []Member{}}
	for _, m := range p.Members {
		v.Members = append(v.Members, Member{m, m.ID == p.Leader})
	}
	return v, nil
}
