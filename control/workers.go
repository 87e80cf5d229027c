package control

import (
	"cmp"
	"context"
	"slices"
	"time"

	"collector/control/words"
	"collector/queue"
	"collector/store"
)

// Worker is what is in one pair of hands. Of a collector that has nothing in hand there is
// one, which does nothing.
type Worker struct {
	Owner   string     `json:"owner"` // the instance that holds it
	Host    string     `json:"host"`  // "" of one that is gone
	PID     int        `json:"pid"`   // 0 of one that is gone
	Does    string     `json:"does"`  // "job", "network", "networks", "nothing"
	Queue   string     `json:"queue,omitempty"`
	Kind    string     `json:"kind,omitempty"` // of the job
	Job     string     `json:"job,omitempty"`
	Attempt int        `json:"attempt,omitempty"`
	User    string     `json:"user,omitempty"`
	Network string     `json:"network,omitempty"`
	Count   int        `json:"count,omitempty"` // of networks that are not listed one by one
	Since   *time.Time `json:"since,omitempty"` // of a job
	Lease   *time.Time `json:"lease_until,omitempty"`
}

// Workers says who works on what now. Networks are listed one by one while there are at most
// StatusMost, else counted.
func Workers(ctx context.Context, st store.Store, all []queue.Store, now time.Time) ([]Worker, error) {
	beats, err := st.Beats(ctx, now.Add(-BeatLife))
	if err != nil {
		return nil, err
	}
	var views []Worker
	if _, err := EachJob(ctx, all, queue.Filter{State: queue.Running}, 0, false, func(j queue.Job) error {
		views = append(views, Worker{Owner: j.Owner, Does: "job", Queue: j.Queue, Kind: j.Kind, Job: j.ID, Attempt: j.Attempts, Since: words.Stamp(j.Started), Lease: words.Stamp(j.LeaseUntil)})
		return nil
	}); err != nil {
		return nil, err
	}
	tally, err := st.Tally(ctx, now)
	if err != nil {
		return nil, err
	}
	if tally.Networks() <= StatusMost {
		networks, err := st.Networks(ctx, store.Filter{})
		if err != nil {
			return nil, err
		}
		for _, n := range networks {
			if n.Owner != "" && n.LeaseUntil.After(now) {
				views = append(views, Worker{Owner: n.Owner, Does: "network", User: n.User, Network: n.Name(), Lease: words.Stamp(n.LeaseUntil)})
			}
		}
	} else {
		for _, b := range beats {
			if b.Running > 0 {
				views = append(views, Worker{Owner: b.ID, Does: "networks", Count: b.Running})
			}
		}
	}
	for _, b := range beats {
		busy := false
		for i := range views {
			if views[i].Owner == b.ID {
				busy, views[i].Host, views[i].PID = true, b.Host, b.PID
			}
		}
		if !busy {
			views = append(views, Worker{Owner: b.ID, Host: b.Host, PID: b.PID, Does: "nothing"})
		}
	}
	slices.SortStableFunc(views, func(x, y Worker) int {
		return cmp.Or(cmp.Compare(x.Owner, y.Owner), since(x).Compare(since(y)), cmp.Compare(x.Job+x.Network, y.Job+y.Network))
	})
	return views, nil
}

// since is when a worker began; zero where that is not known.
func since(w Worker) time.Time {
	if w.Since == nil {
		return time.Time{}
	}
	return *w.Since
}
