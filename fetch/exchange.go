package fetch

import (
	"context"

	"collector/auth"
	"collector/auth/providers"
	"collector/connectors"
	"collector/fault"
	"collector/limit"
)

// exchange makes one call of a sign-in: the same guard, limits and ledger, and
// placeholders instead of a token in front. It is the auth.Send of this client.
func (c *Client) exchange(ctx context.Context, who auth.Who, step providers.Step, cred auth.Credential) (connectors.Reply, error) {
	req, err := step.Request(who.Server)
	if err != nil {
		return connectors.Reply{}, fault.New(fault.Bug, "%s: %w", step.Name, err)
	}
	p := place{provider: who.Provider, service: who.Provider, hosts: step.Hosts, root: step.Root}
	if len(step.Hosts) == 0 {
		p.server, p.standard = who.Server, who.Standard
	}
	to, err := c.resolve(p, req.URL)
	if err != nil {
		return connectors.Reply{}, err
	}
	s := sending{
		client: c, to: to, provider: who.Provider, scope: first(nil, who.Remote, who.Account, trialScope(who.User, who.Name)), class: limit.Poll, spends: step.Quotas,
		call: Call{Info: connectors.Info{Name: who.Provider}, Request: req, What: "a sign-in: " + step.Name}, cred: &cred, raw: true,
	}
	return s.run(ctx)
}
