package fetch

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"collector/auth"
	"collector/connectors"
	"collector/fault"
	"collector/limit"
)

// errTotal ends a call that takes too long.
var errTotal = errors.New("the call took longer than 60 s")

// Do makes one call. The reply is one of status 200 to 299, of status 304 when
// an ETag was given, or of any status with Call.Any. Everything else is a
// *fault.Error; errors of the store behind the ledger and the keeper come
// through as they are. A met limit is stored before Do returns.
//
// A token that the service refuses is refreshed, where it can be, and the call
// sent once more. There are no other retries.
func (c *Client) Do(ctx context.Context, call Call) (connectors.Reply, error) {
	to, err := c.resolve(place{
		provider: call.Info.Provider, service: call.Info.Name, hosts: call.Info.Hosts, server: call.Server, standard: call.Info.Server,
	}, call.Request.URL)
	if err != nil {
		return connectors.Reply{}, err
	}
	var opened auth.Opened
	if call.signed() {
		if opened, err = c.open(ctx, call); err != nil {
			return connectors.Reply{}, err
		}
	}
	reply, err := c.once(ctx, call, to, opened)
	if f := fault.As(err); f == nil || f.Kind != fault.Unauthorized || f.Status == 0 || !call.signed() {
		return reply, err
	}
	fresh, found, refreshErr := c.reopen(ctx, call, opened)
	switch {
	case refreshErr != nil:
		return connectors.Reply{}, refreshErr
	case !found:
		return connectors.Reply{}, err
	}
	return c.once(ctx, call, to, fresh)
}

// open returns what to sign with.
func (c *Client) open(ctx context.Context, call Call) (auth.Opened, error) {
	if c.cfg.Keeper == nil {
		return auth.Opened{}, fault.New(fault.Bug, "a signed call without a keeper of credentials")
	}
	if call.Trial == nil {
		return c.cfg.Keeper.Access(ctx, call.who(), c.exchange)
	}
	ready, err := c.cfg.Keeper.Try(ctx, call.who(), *call.Trial, c.exchange)
	if err != nil {
		return auth.Opened{}, err
	}
	*call.Trial = ready
	return auth.Opened{Credential: ready}, nil
}

// reopen returns what to sign with after opened was refused; false: nothing.
func (c *Client) reopen(ctx context.Context, call Call, opened auth.Opened) (auth.Opened, bool, error) {
	if call.Trial == nil {
		return c.cfg.Keeper.Refused(ctx, call.who(), opened, c.exchange)
	}
	rest := opened.Credential
	if rest.Access = (auth.Secret{}); rest.Empty() {
		return auth.Opened{}, false, nil
	}
	ready, err := c.cfg.Keeper.Try(ctx, call.who(), rest, c.exchange)
	if err != nil {
		return auth.Opened{}, false, err
	}
	*call.Trial = ready
	return auth.Opened{Credential: ready}, true, nil
}

// once sends a call once.
func (c *Client) once(ctx context.Context, call Call, to target, opened auth.Opened) (connectors.Reply, error) {
	s := sending{
		client: c, to: to, call: call, spends: c.allowed(call.Info.Provider, quotas(call.Info.Quotas, call.Request.Quotas)),
		provider: call.Info.Provider, class: call.Class,
	}
	if s.scope = first(nil, call.Remote, call.Account); s.scope == "" && call.Trial != nil {
		s.scope = trialScope(call.User, call.Name)
	}
	if call.signed() {
		s.cred, s.header, s.prefix = &opened.Credential, call.Info.Auth.Header, call.Info.Auth.Prefix
	}
	reply, err := s.run(ctx)
	if err == nil && call.Told != nil {
		err = s.carry(ctx, call.Told(reply))
	}
	return reply, err
}

// carry counts what the call spent under the name that the account had till now as
// what the account spent that is known now.
func (s *sending) carry(ctx context.Context, remote string) error {
	if remote == "" {
		return nil
	}
	for _, q := range s.spends {
		if q.Scope != connectors.PerAccount {
			continue
		}
		if err := s.client.cfg.Ledger.Carry(ctx, q, limit.Key(s.provider, q, s.scope), limit.Key(s.provider, q, remote)); err != nil {
			return err
		}
	}
	return nil
}

// trialScope is the scope of quotas while it is not known whose credential it is.
// The ledger outlives accounts, so their names are not in it.
func trialScope(user, name string) string {
	sum := sha256.Sum256([]byte(user + "\x00" + name))
	return fmt.Sprintf("trial-%x", sum[:8])
}

// allowed puts the user's budget in place of the one that a quota of money names.
func (c *Client) allowed(provider string, all []connectors.Quota) []connectors.Quota {
	mills, set := c.cfg.Budgets[provider]
	if !set {
		return all
	}
	out := slices.Clone(all)
	for i := range out {
		if out[i].Unit == connectors.Mills {
			out[i].N = mills
		}
	}
	return out
}

// quotas picks the named ones, all for nil.
func quotas(all []connectors.Quota, names []string) []connectors.Quota {
	if names == nil {
		return all
	}
	var out []connectors.Quota
	for _, q := range all {
		for _, name := range names {
			if q.Name == name {
				out = append(out, q)
			}
		}
	}
	return out
}
