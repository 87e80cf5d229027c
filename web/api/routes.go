package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// routes offers everything. An operation is named after its command.
func (s *service) routes(api huma.API) {
	get(s, api, "accounts", "List accounts and their networks",
		"The sign-ins of a user, or of all users while there are at most 1,000 networks.", s.accounts)
	get(s, api, "networks", "List networks and how they are doing",
		"At most `limit` networks with their state, last success, next run and why then.", s.networks)
	get(s, api, "status", "Say how everything is doing",
		"One picture of truth: networks, running collectors, and counters. Of more than 1,000 networks of all users only those are listed that need somebody.", s.status)
	get(s, api, "explain", "Say why a network is in its state",
		"All about one network: its state, next run and why then, last runs, quotas, and what the service cannot show.", s.explain)
	get(s, api, "search", "Find what was liked",
		"Finds items: what answers best first, of equals the newest like. A mistake in the query fails nothing as long as something was understood; `mistake` tells.", s.search)
	get(s, api, "items", "Read items by their ids",
		"Those items of a network that have one of the ids, removed ones too; what is not there is left out. It is for readers of the change log.", s.items)
	get(s, api, "changes", "Read what changed",
		"The change log after the number `since`, oldest first. Ask again with `next`: nothing is missed. 410 when the log is no longer kept back to `since`: read everything once, then go on from `next` of /api/changes/last.", s.changes)
	get(s, api, "changes/last", "Say where the change log ends",
		"The number of the newest change: where a reader begins who has read everything.", s.lastChange)
	get(s, api, "connectors", "List the services that can be collected",
		"What each service collects, how to sign in, its quotas, and what it cannot show.", s.connectors)
	get(s, api, "connectors/{name}", "Tell all about one service",
		"As in the list, with what it has cost this month where it charges.", s.connector)
	get(s, api, "quotas", "Say what is left of the quotas",
		"Each quota that the networks draw on, and when it begins anew.", s.quotas)
	get(s, api, "config", "Show the configuration",
		"Every key with its value and who said so: a flag, the environment, the file, or the default. What is secret is hidden. For the operator alone.", s.config)

	post(s, api, "sync", "Read networks now",
		"Makes networks due at once, before all others. The quota of the service is respected. A paused network stays paused.", s.sync)
	post(s, api, "pause", "Stop collecting networks",
		"Stops collecting; nothing is removed. A run in hand goes on to its end.", s.pause)
	post(s, api, "resume", "Go on collecting networks",
		"Goes on with paused networks, or with those that needed somebody, at once.", s.resume)
}

// get offers a question, which changes nothing.
func get[I, O any](s *service, api huma.API, name, summary, description string, answer func(context.Context, *I) (*O, error)) {
	offer(s, api, http.MethodGet, name, summary, description, answer)
}

// post offers a wish.
func post[I, O any](s *service, api huma.API, name, summary, description string, answer func(context.Context, *I) (*O, error)) {
	offer(s, api, http.MethodPost, name, summary, description, answer)
}

func offer[I, O any](s *service, api huma.API, method, name, summary, description string, answer func(context.Context, *I) (*O, error)) {
	huma.Register(api, huma.Operation{
		OperationID: operationID(name), Method: method, Path: Path + name, Summary: summary, Description: description,
		DefaultStatus: http.StatusOK, MaxBodyBytes: mostBody + 1,
		Responses: map[string]*huma.Response{"default": aProblem(api.OpenAPI().Components.Schemas)},
	}, func(ctx context.Context, in *I) (*O, error) {
		out, err := answer(ctx, in)
		if err != nil {
			return nil, s.failed(ctx, err)
		}
		return out, nil
	})
}

// operationID is the name of an operation: connectors/{name} is connectors-name.
func operationID(path string) string {
	var out []rune
	for _, r := range path {
		switch r {
		case '/':
			out = append(out, '-')
		case '{', '}':
		default:
			out = append(out, r)
		}
	}
	return string(out)
}
