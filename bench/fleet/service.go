package fleet

import (
	"fmt"
	"net/http"
	"time"

	"collector/connectors"
	"collector/limit"
	"collector/limit/limittest"
	"collector/scheduler"
)

// service is one of the simulated services.
type service struct {
	name      string
	number    uint8   // place among the services
	share     float64 // of all accounts
	quota     connectors.Quota
	unchanged int // calls that a poll spends that finds nothing: 0 where a 304 is free
	policy    scheduler.Policy
	tell      func(http.Header, *limittest.Budget, int, time.Time, time.Time) *connectors.Usage

	due     wakes
	budgets map[string]*limittest.Budget // by key of the ledger
	putOff  map[string][]time.Duration   // when a call was put off until the quota of a key has room; once a second
}

const (
	accountsOfServer = 2500 // of favourites, on the average
	callsOfHundred   = 15   // of saves, in a window for a hundred accounts
)

// services are the three kinds of quota, for so many accounts.
func services(accounts int) []*service {
	policy := func(floor time.Duration) scheduler.Policy {
		return scheduler.Policy{PollMin: floor, PollMax: 6 * time.Hour, BackoffMin: time.Minute, BackoffMax: 6 * time.Hour}
	}
	report := connectors.Report{Limit: "X-RateLimit-Limit", Remaining: "X-RateLimit-Remaining", Reset: "X-RateLimit-Reset", Unit: connectors.EpochSeconds}
	togo := report
	togo.Unit = connectors.SecondsToGo
	const saves = 0.1 // of all accounts
	all := []*service{
		{
			name: "stars", share: 0.6, policy: policy(5 * time.Minute), tell: limittest.Epoch,
			quota: connectors.Quota{Name: "core", Scope: connectors.PerAccount, Unit: "calls", N: 5000, Per: time.Hour, Report: report, Parallel: 1},
		},
		{
			name: "favourites", share: 0.3, policy: policy(2 * time.Minute), tell: limittest.Epoch, unchanged: 1,
			quota: connectors.Quota{Name: "server", Scope: connectors.PerHost, Unit: "calls", N: 3000, Per: 5 * time.Minute, Report: report, Parallel: 10},
		},
		{
			name: "saves", share: saves, policy: policy(5 * time.Minute), tell: limittest.Fractions, unchanged: 1,
			quota: connectors.Quota{
				Name: "app", Scope: connectors.PerApp, Unit: "calls", N: int(saves * float64(accounts) * callsOfHundred / 100), Per: 5 * time.Minute,
				Report: togo, Parallel: 1000,
			},
		},
	}
	for i, s := range all {
		s.number = uint8(i)
		s.budgets, s.putOff = map[string]*limittest.Budget{}, map[string][]time.Duration{}
	}
	return all
}

// key names the quota that a call for a network spends.
func (s *service) key(n *network) string {
	scope := n.id()
	if s.quota.Scope == connectors.PerHost {
		scope = fmt.Sprint("host", n.server)
	}
	return limit.Key(s.name, s.quota, scope)
}

// budget is what the service itself counts under a key.
func (s *service) budget(key string) *limittest.Budget {
	b := s.budgets[key]
	if b == nil {
		b = &limittest.Budget{N: s.quota.N, Per: s.quota.Per, Shape: limittest.FromFirst, Tell: s.tell}
		s.budgets[key] = b
	}
	return b
}

// short notes that a call was put off.
func (s *service) short(key string, now time.Duration) {
	before := s.putOff[key]
	if len(before) == 0 || now-before[len(before)-1] >= time.Second {
		s.putOff[key] = append(before, now)
	}
}

// answer is a call that arrives at now, for a list with news or without.
func (s *service) answer(key string, news bool, now time.Time) (http.Header, *limit.Limited) {
	units := s.unchanged
	if news {
		units = 1
	}
	b := s.budget(key)
	h, _, full := limittest.Serve(now, []*limittest.Budget{b}, []int{units})
	if full != nil {
		return h, &limit.Limited{Until: full.Frees(now), Reason: "the service says 429"}
	}
	return h, nil
}
