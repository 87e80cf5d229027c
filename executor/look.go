package executor

import (
	"bytes"
	"context"
	"fmt"
	"net/http"

	"collector/connectors"
	"collector/fault"
	"collector/fetch"
	"collector/limit"
	"collector/state"
)

// Seen is what a service answered to a Look, with the bodies as they came.
type Seen struct {
	Query    connectors.Query  // of the first page
	Identity *connectors.Reply // nil where the service was not asked, or does not tell
	Pages    []connectors.Reply
	Details  *connectors.Reply // nil where the first page names nothing that wants details
	Asked    []string          // the ids that Details is about
}

// Look reads the first pages of a network's list as a backfill would, and before them
// who the account is. Nothing is stored, and the network's progress stays as it is; the
// quotas are kept as in any run. pages is how many at most, size how many items each may
// have, 0 for the most that the service gives. A reply that is no page (another status
// than 200, or not what the connector reads) is the last one. The error says why it
// ended before, with what was seen until then.
func Look(ctx context.Context, do func(context.Context, fetch.Call) (connectors.Reply, error), c connectors.Connector, n state.Network, pages, size int) (Seen, error) {
	r := &run{Executor: &Executor{Do: do}, info: c.Info(), job: Job{Connector: c}}
	r.out.Network = n
	w := &state.Walk{Kind: connectors.Backfill.String(), PageSize: r.info.PageSize}
	if size > 0 {
		w.PageSize = min(size, w.PageSize)
	}
	seen := Seen{Query: r.query(connectors.Backfill, w)}
	if who, can := c.(connectors.Identifier); can {
		req, err := who.WhoAmI(seen.Query)
		if err != nil {
			return seen, err
		}
		reply, _, err := r.look(ctx, req, nil)
		if k := fault.KindOf(err); err != nil && k != fault.Gone && k != fault.Forbidden {
			return seen, fmt.Errorf("asking who %s is: %w", n.Name(), err)
		}
		if err == nil && reply.Status == http.StatusOK {
			seen.Identity = &reply
		}
	}
	var bare []string
	for len(seen.Pages) < pages {
		q := r.query(connectors.Backfill, w)
		req, err := c.Request(q)
		if err != nil {
			return seen, err
		}
		reply, page, err := r.look(ctx, req, func(reply connectors.Reply) (connectors.Page, error) { return c.Parse(q, reply) })
		if err != nil {
			return seen, fmt.Errorf("reading page %d of %s: %w", len(seen.Pages)+1, n.Name(), err)
		}
		seen.Pages = append(seen.Pages, reply)
		for _, it := range page.Items {
			if it.Bare && len(seen.Pages) == 1 && len(bare) < r.info.DetailsPerCall {
				bare = append(bare, it.ID)
			}
		}
		if w.Cursor = string(page.Next); w.Cursor == "" {
			break
		}
	}
	if h, can := c.(connectors.Hydrator); can && len(bare) > 0 {
		req, err := h.Details(seen.Query, bare)
		if err != nil {
			return seen, err
		}
		reply, _, err := r.look(ctx, req, nil)
		if err != nil {
			return seen, fmt.Errorf("reading what %s only names: %w", n.Name(), err)
		}
		seen.Details, seen.Asked = &reply, bare
	}
	return seen, nil
}

// look makes one call. The page is what parse makes of the reply; of one that is no
// page it is empty.
func (r *run) look(ctx context.Context, req connectors.Request, parse func(connectors.Reply) (connectors.Page, error)) (connectors.Reply, connectors.Page, error) {
	var got connectors.Reply
	var page connectors.Page
	call := r.call(req, limit.Backfill, "a page")
	call.Any = true // refusals are to be seen, too
	call.Use = func(reply connectors.Reply) error {
		got = reply
		got.Header, got.Body = reply.Header.Clone(), bytes.Clone(reply.Body)
		if parse != nil && reply.Status == http.StatusOK {
			page, _ = parse(got) // one that cannot be read leads nowhere, and so is the last
		}
		return nil
	}
	call.Usage = func() []connectors.Usage {
		if got.Status == http.StatusOK {
			return page.Usage
		}
		var free []connectors.Usage
		for _, q := range r.info.Quotas {
			if q.Unit == connectors.Mills {
				free = append(free, connectors.Usage{Quota: q.Name, Spent: new(int)})
			}
		}
		return free
	}
	_, err := r.Do(ctx, call)
	return got, page, err
}
