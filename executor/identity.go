package executor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"collector/connectors"
	"collector/fault"
	"collector/fetch"
	"collector/limit"
	"collector/state"
)

// askWhoAgain is how long a refusal to say who an account is stands.
const askWhoAgain = 24 * time.Hour

// identify learns who the account is, before its first page is read. Where the
// service refuses (404, or 403 for a missing scope) the name that the user gave
// stands for the id, and it is asked again a day later.
func (r *run) identify(ctx context.Context) error {
	n := &r.out.Network
	who, can := r.job.Connector.(connectors.Identifier)
	if !can || n.RemoteID != "" || r.Now().Sub(n.AskedWho) < askWhoAgain {
		return nil
	}
	id, err := r.whoAmI(ctx, who)
	if k := fault.KindOf(err); k == fault.Gone || k == fault.Forbidden {
		n.AskedWho = r.Now()
		return nil
	}
	if err != nil {
		return fmt.Errorf("asking who %s is: %w", n.Name(), err)
	}
	err = r.Store.Learn(ctx, n.AccountID, state.Identity{ID: id.ID, Name: id.Name, Scopes: id.Scopes})
	if errors.Is(err, state.ErrExists) {
		return &fault.Error{
			Kind: fault.Unauthorized, Revoked: true, Whose: "you", Err: silent{err},
			Reason: fmt.Sprintf("%s is connected already, as another account of %s", id.Name, n.User),
			Next:   fmt.Sprintf("collector accounts remove %s", n.Name()),
		}
	}
	if errors.Is(err, state.ErrOtherPerson) {
		return &fault.Error{
			Kind: fault.Unauthorized, Revoked: true, Whose: "you", Err: silent{err},
			Reason: fmt.Sprintf("this token belongs to %s, which is not the account %s", id.Name, n.Account),
			Next:   fmt.Sprintf("collector connect %s connects it as a new account", n.Service),
		}
	}
	if err != nil {
		return r.storing("storing who the account is", err)
	}
	n.RemoteID = id.ID
	if id.Total && id.Likes > 0 {
		n.Total = id.Likes
	}
	return nil
}

func (r *run) whoAmI(ctx context.Context, who connectors.Identifier) (connectors.Identity, error) {
	req, err := who.WhoAmI(r.query(connectors.Poll, nil))
	if err != nil {
		return connectors.Identity{}, err
	}
	call := r.call(req, limit.Poll, "who the account is")
	call.Told = func(reply connectors.Reply) string {
		id, err := who.Identity(reply)
		if err != nil {
			return "" // which is told below
		}
		return id.ID
	}
	reply, err := r.Do(ctx, call)
	if err != nil {
		return connectors.Identity{}, err
	}
	return who.Identity(reply)
}

// Identify asks a service whose credential an account holds, and what it may do where that
// takes a call of its own. The error is a *fault.Error: Gone and Forbidden say that the
// service does not tell whose it is.
func Identify(ctx context.Context, do func(context.Context, fetch.Call) (connectors.Reply, error), c connectors.Connector, n state.Network) (connectors.Identity, error) {
	who, can := c.(connectors.Identifier)
	if !can {
		return connectors.Identity{}, fault.New(fault.Gone, "%s does not tell whose credential it is", c.Info().Title)
	}
	r := &run{Executor: &Executor{Do: do}, info: c.Info(), job: Job{Connector: c}}
	r.out.Network = n
	id, err := r.whoAmI(ctx, who)
	if err != nil || id.Scopes != nil {
		return id, err
	}
	r.out.Network.RemoteID = id.ID
	id.Scopes = r.granted(ctx)
	return id, nil
}

// grantedFor is how long a service may take to say what a credential may do, which nobody
// has to know.
const grantedFor = 5 * time.Second

// granted asks what the credential may do, where another call tells that; nil where the
// service does not say, for whatever reason.
func (r *run) granted(ctx context.Context) []string {
	tells, can := r.job.Connector.(connectors.Granter)
	if !can {
		return nil
	}
	req, err := tells.Granted(r.query(connectors.Poll, nil))
	if err != nil {
		return nil
	}
	ctx, end := context.WithTimeout(ctx, grantedFor)
	defer end()
	reply, err := r.Do(ctx, r.call(req, limit.Poll, "what the sign-in may do"))
	if err != nil {
		return nil
	}
	names, err := tells.Grants(reply)
	if err != nil {
		return nil
	}
	return names
}

// Preview reads the first page of a network's next walk and stores nothing.
func Preview(ctx context.Context, do func(context.Context, fetch.Call) (connectors.Reply, error), c connectors.Connector, n state.Network) (connectors.Page, error) {
	r := &run{Executor: &Executor{Do: do}, info: c.Info(), job: Job{Connector: c}}
	r.out.Network = n
	kind, w := connectors.Poll, n.Walk
	if n.Mode == state.Initial {
		kind = connectors.Backfill
	}
	q := r.query(kind, w)
	req, err := c.Request(q)
	if err != nil {
		return connectors.Page{}, err
	}
	reply, err := do(ctx, r.call(req, class(kind), "a page"))
	if err != nil {
		return connectors.Page{}, err
	}
	return c.Parse(q, reply)
}
