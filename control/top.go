package control

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"collector/fault"
	"collector/queue"
	"collector/state"
	"collector/store"
)

// topRuns is how far back runs are counted.
const topRuns = time.Hour

// Top is who works on what now, and how far behind it is.
type Top struct {
	Status   Status       `json:"status"` // without the networks, which Services adds up
	Services []TopService `json:"services" nullable:"false"`
	Workers  []Worker     `json:"workers" nullable:"false"`
	Jobs     TopJobs      `json:"jobs"` // of all queues together
}

// TopJobs counts jobs by their states.
type TopJobs struct {
	Ready     int64 `json:"ready"`
	Scheduled int64 `json:"scheduled"`
	Running   int64 `json:"running"`
	Dead      int64 `json:"dead"`
	// EndedPerMinute is how many were done or failed for good in a minute of late; null
	// before that is known.
	EndedPerMinute *float64 `json:"ended_per_minute"`
}

// TopService is a service and how its networks fare.
type TopService struct {
	Service  string `json:"service"`
	Networks int    `json:"networks"`
	Running  int    `json:"running"`
	Waiting  int    `json:"waiting"` // for a quota
	Trouble  int    `json:"trouble"`
	// What follows is 0 and null where only counters are read.
	Late   int    `json:"lateSeconds"` // of the latest network
	Runs   int    `json:"runs"`        // within the last hour
	Failed int    `json:"failed"`
	Added  int    `json:"added"`
	Quota  *Quota `json:"quota"` // the tightest
}

// Top makes one picture of all users. Of more than StatusMost networks only counters are read.
func (p *Panel) Top(ctx context.Context, now time.Time) (v Top, err error) {
	tally, err := p.Store.Tally(ctx, now)
	if err != nil {
		return v, err
	}
	if tally.Networks() <= StatusMost {
		v.Status, err = p.Status(ctx, store.Filter{}, now)
		v.Services = topOfNetworks(v.Status.Networks, now)
	} else {
		v.Status, err = p.Counted(ctx, tally, now)
		v.Services = topOfTally(tally)
	}
	if err != nil {
		return v, err
	}
	v.Status.Networks, v.Services = []Network{}, append([]TopService{}, v.Services...) // nil is no list
	err = p.Beside.Jobs(ctx, true, func(all []queue.Store) error {
		list, err := Workers(ctx, p.Store, all, now)
		if err != nil {
			return err
		}
		v.Workers = append([]Worker{}, list...)
		stats, err := JobStats(ctx, all)
		if err != nil {
			return err
		}
		for _, q := range stats {
			v.Jobs.Ready += q.Ready
			v.Jobs.Scheduled += q.Scheduled
			v.Jobs.Running += q.Running
			v.Jobs.Dead += q.Dead
		}
		v.Jobs.EndedPerMinute = p.endedPerMinute(stats, now)
		return nil
	})
	return v, err
}

// endedPerMinute adds up the rates of queues; nil where none is known.
func (p *Panel) endedPerMinute(stats []queue.Stats, now time.Time) *float64 {
	rates := p.Rates.Look(stats, now)
	if len(rates) == 0 {
		return nil
	}
	sum := 0.
	for _, r := range rates {
		sum += r.PerMinute()
	}
	return &sum
}

// topOfNetworks adds networks up by service.
func topOfNetworks(networks []Network, now time.Time) []TopService {
	by := map[string]TopService{}
	for _, n := range networks {
		s := by[n.Service]
		s.Service = n.Service
		s.Networks++
		if n.Running {
			s.Running++
		}
		switch {
		case n.NeedsYou, n.Condition == string(state.Failing), n.Condition == string(state.Stalled):
			s.Trouble++
		case n.Condition == string(state.Limited):
			s.Waiting++
		}
		s.Late = max(s.Late, int(n.Overdue.Seconds()))
		for _, r := range n.Runs {
			if r.At == nil || now.Sub(*r.At) > topRuns {
				continue
			}
			s.Runs++
			s.Added += r.Added
			if r.Fault != "" && r.Fault != fault.RateLimited.String() {
				s.Failed++
			}
		}
		if q := n.Quota; q != nil && (s.Quota == nil || q.Left*max(s.Quota.Limit, 1) < s.Quota.Left*max(q.Limit, 1)) {
			s.Quota = q
		}
		by[n.Service] = s
	}
	return slices.SortedFunc(maps.Values(by), func(x, y TopService) int { return cmp.Compare(x.Service, y.Service) })
}

// topOfTally adds counted networks up by service.
func topOfTally(t store.Tally) []TopService {
	by := map[string]TopService{}
	for _, st := range t.States {
		s := by[st.Service]
		s.Service = st.Service
		s.Networks += st.Networks
		s.Running += st.Running
		switch st.Condition {
		case state.NeedsSignIn, state.NeedsScope, state.Missing, state.Broken, state.Failing, state.Stalled:
			s.Trouble += st.Networks
		case state.Limited:
			s.Waiting += st.Networks
		}
		by[st.Service] = s
	}
	return slices.SortedFunc(maps.Values(by), func(x, y TopService) int { return cmp.Compare(x.Service, y.Service) })
}
