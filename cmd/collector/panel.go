package main

import (
	"context"

	"collector/connectors"
	"collector/control"
	"collector/state"
	"collector/store"
)

// The commands print what package control returns.
type (
	statusView  = control.Status
	networkView = control.Network
	quotaView   = control.Quota
	runView     = control.Run
	accountView = control.Account
	exported    = control.Item
	changed     = control.Change
	tokenView   = control.Grant
	jobView     = control.Job
	messageView = control.Message
	queueView   = control.Queue
	workerView  = control.Worker
	topicsView  = control.Topics
	webhookView = control.Webhook
	clusterView = control.Cluster
	memberView  = control.Member
	userView    = control.Idle
)

// panel is what the commands see and do things through.
func (a *app) panel(st store.Store) *control.Panel {
	return &control.Panel{
		Store: st, Connectors: a.offers, Simulated: a.simulated,
		Room: a.room(st), Polls: a.pollTimes, Past: a.past, Rates: a.rates, Traces: a.traces,
		Budget: func(in connectors.Info) (int, string) { return a.budget(in), budgetVariable(in) },
		Beside: a.beside(st),
	}
}

// network finds one network by its name.
func network(ctx context.Context, st store.Accounts, user, name string) (state.Network, error) {
	return control.Find(ctx, st, user, name)
}

// offered returns the connector of a network; false when this program has none.
func (a *app) offered(service string) (connectors.Connector, bool) {
	return (&control.Panel{Connectors: a.offers}).Offered(service)
}

// exitOf is the exit code of a kind of problem, and of a network in trouble.
func exitOf(k control.Kind) int {
	switch k {
	case control.Wrong, control.Unknown:
		return exitUsage
	case control.Gone, control.Forbidden, control.Futile:
		return exitPermanent
	case control.Refused:
		return exitSignIn
	case control.Unavailable:
		return exitReadOnly
	case control.Temporary, control.Busy, control.Conflict:
		return exitTemporary
	case control.Stopped:
		return exitInterrupted
	case control.Misset:
		return exitConfig
	case control.Unforeseen:
	}
	return exitOther
}

// exitIn is the exit code that --fail-on gives a network in trouble.
func exitIn(t control.Trouble) int {
	switch t {
	case control.SignIn:
		return exitSignIn
	case control.Lasting:
		return exitPermanent
	case control.Passing:
		return exitTemporary
	case control.None:
	}
	return exitOK
}
