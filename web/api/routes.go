package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"collector/store"
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
	get(s, api, "activity", "Say what happened",
		"Pages that changed a list, runs that waited or failed, how the calls of webhooks go, and for the operator instances: newest first, 50 at most. Of waits and failures those among the last 20 runs of each list are known, and on the first page alone.", s.activity)
	get(s, api, "connectors", "List the services that can be collected",
		"What each service collects, how to sign in, its quotas, and what it cannot show; with `q` those that have all words in their names.", s.connectors)
	get(s, api, "connectors/{name}", "Tell all about one service",
		"As in the list, with what it has cost this month where it charges.", s.connector)
	get(s, api, "quotas", "Say what is left of the quotas",
		"Each quota that the networks draw on, and when it begins anew.", s.quotas)
	get(s, api, "about", "Say who answers",
		"The version of the collector and of this description: a program that was made for another one is told by it.", s.about)
	get(s, api, "config", "Show the configuration",
		"Every key with its value and who said so: a flag, the environment, the file, or the default. What is secret is hidden. For the operator alone.", s.config)

	post(s, api, "sync", "Read networks now",
		"Makes networks due at once, before all others. The quota of the service is respected. A paused network stays paused.", s.sync)
	post(s, api, "pause", "Stop collecting networks",
		"Stops collecting; nothing is removed. A run in hand goes on to its end.", s.pause)
	post(s, api, "resume", "Go on collecting networks",
		"Goes on with paused networks, or with those that needed somebody, at once.", s.resume)
	post(s, api, "accounts/remove", "End collecting a network",
		"What was collected stays and can be searched, unless purge is asked for, which deletes it for ever. An account without networks goes with its sign-in.", s.remove)
	get(s, api, "export", "Download what was liked",
		"All items, or those that match, as a file of any size, in the order of network and id. Where it cannot be finished the connection is cut off.", s.export)
	api.OpenAPI().Paths[exportPath].Get.Responses["200"] = downloads()
	get(s, api, "sonify", "Hear what happened",
		"A sound of the likes, limits and failures of a time, a day in three minutes. Likes come from the change log, which reaches back 30 days. The same history gives the same sound. Two are made at a time. Where it cannot be finished the connection is cut off.", s.sonify)
	api.OpenAPI().Paths[soundPath].Get.Responses["200"] = sounding()
	post(s, api, "backup", "Download a whole copy of the store",
		"The store as it is at one moment, copied and read through from end to end before it is sent. The secret key is not in it. One backup at a time. Only of an SQLite store. For the operator alone.", s.backup)
	api.OpenAPI().Paths[backupPath].Post.Responses["200"] = copied()
	s.bringing(api)
	s.pushing(api)
	s.letting(api)
	s.working(api)
	declareFailures(api.OpenAPI())
}

// bringing offers what brings something in: accounts, and files.
func (s *service) bringing(api huma.API) {
	post(s, api, "connect", "Connect an account, or sign it in again",
		"Asks the service whose the credential is, keeps it sealed, and makes the network due. What is another person's than the account is refused, and nothing changes. Nothing of the credential is answered.", s.connect)
	post(s, api, "accounts/import", "Connect many accounts",
		"Reads one account with its token a line, as they come, and keeps the tokens sealed; whose they are is asked at the first run. What a line lacks is told, all others are in. It can be sent again: accounts that are there get the token. For the operator alone.", s.enrol)
	api.OpenAPI().Paths[enrolPath].Post.RequestBody = enrolled()
	post(s, api, "import", "Bring in an export",
		"Reads a file that another service or program gave out, as it is sent, and adds what is missing, beside what is collected. It can be sent again: nothing is added twice. Of a user it is his own.", s.importing)
	api.OpenAPI().Paths[importPath].Post.RequestBody = upload()
	post(s, api, "notify/test", "Send a test message to the operator",
		"To each address of COLLECTOR_NOTIFY, one after the other; says what failed and whose fault it is, and of an address the service alone. For the operator alone.", s.testNotify)
}

// pushing offers what is sent to bookmark services of the user's own.
func (s *service) pushing(api huma.API) {
	for _, to := range []struct{ name, title string }{{"karakeep", "Karakeep"}, {"linkding", "linkding"}} {
		post(s, api, "push/"+to.name, "Add to "+to.title+" what is not there yet",
			"Adds likes by the HTTP API of "+to.title+", all of them the first time, what is new from then on, and goes on until all is there or whoever asked goes away. The token is neither kept nor answered. What is in the answer is done also where `stopped` says why it ended early.",
			func(ctx context.Context, in *pushWish) (*pushedAnswer, error) { return s.push(ctx, to.name, in) })
	}
}

// letting offers tokens, feeds, saved searches, and webhooks.
func (s *service) letting(api huma.API) {
	get(s, api, "tokens", "List what lets somebody in",
		"The tokens, feeds, sessions and login links that the one who asks may end: a person those of his user, a token with the scope feeds the feeds.", s.tokens)
	post(s, api, "tokens/add", "Make a token",
		"Makes a token for a program; its text is shown this once. A token makes no other token: it takes a session, or the socket.", s.addToken)
	post(s, api, "tokens/revoke", "End a token, feed, session or login link",
		"Void from this moment on. The feeds that a token made end with it.", s.revoke)
	get(s, api, "feeds", "List feeds",
		"Addresses that show one search of one user each, without the text that opens them.", s.feeds)
	post(s, api, "feeds/add", "Make a feed",
		"Makes the address of a feed; it is shown this once. A token needs the scopes feeds and read, and its feeds end with it.", s.addFeed)
	post(s, api, "feeds/revoke", "End a feed",
		"The address shows nothing from this moment on.", s.revokeFeed)

	get(s, api, "searches", "List saved searches",
		"The searches that a user keeps under names.", s.searches)
	post(s, api, "searches/save", "Keep a search under a name",
		"In place of one that had the name; answers all that are kept. An age such as age:<30d counts from when the search is run.", s.saveSearch)
	post(s, api, "searches/remove", "Drop a saved search",
		"What it finds stays; answers all that are kept.", s.removeSearch)
	get(s, api, "facets", "Count what a search finds",
		"By service, year, tag and language: values that a query can be narrowed with.", s.facets)

	get(s, api, "webhooks", "List webhooks",
		"Addresses that are told of what is collected, how their calls went, and what waits. Those of all users are for the operator.", s.webhooks)
	post(s, api, "webhooks/add", "Add a webhook",
		"Tells an address of what is collected from now on. The secret of its signatures is shown this once.", s.addWebhook)
	post(s, api, "webhooks/remove", "Remove a webhook",
		"Calls it no more, and drops what waits for it.", s.removeWebhook)
	post(s, api, "webhooks/replay", "Send again",
		"Sends the messages again that were given up, or with since all changes after a number; of those it is not said how many there are.", s.replayWebhook)
	post(s, api, "webhooks/test", "Call a webhook once",
		"Sends it a signed message of the type ping, and says how it answered.", s.testWebhook)
	post(s, api, "webhooks/rotate", "Give a webhook a new secret",
		"It is shown this once. Calls are signed with the old one too for a day.", s.rotateWebhook)
	post(s, api, "webhooks/pause", "Call a webhook no more for now",
		"What it misses waits for up to 30 days.", s.pauseWebhook)
	post(s, api, "webhooks/resume", "Call a webhook again",
		"One that was paused, or stopped since it was dead.", s.resumeWebhook)
}

// working offers what is the operator's alone: jobs, messages, and what runs where.
func (s *service) working(api huma.API) {
	get(s, api, "jobs", "List jobs",
		"The collector's own: exports, cleaning, calls of webhooks. For the operator alone.", s.jobs)
	get(s, api, "jobs/show", "Tell all about one job",
		"What it is to work on may be private and is told only with content. For the operator alone.", s.job)
	get(s, api, "jobs/counts", "Count jobs",
		"The jobs of each queue by their states, and what became of those before. For the operator alone.", s.jobCounts)
	post(s, api, "export/background", "Write what was liked into a file",
		"Has a collector that runs write all items, or those that match, into a file of its folder of exports, and does not wait for it. For the operator alone.", s.exportInBackground)
	post(s, api, "jobs/retry", "Let dead jobs be done again",
		"One job, or all that are chosen, now and with all their attempts. For the operator alone.", s.retryJobs)
	post(s, api, "jobs/remove", "Delete jobs that do not run",
		"One job, or all that are chosen: what they were to do is not done. For the operator alone.", s.removeJobs)

	get(s, api, "queues", "List queues of messages",
		"The queues of the message broker with what waits in them. For the operator alone.", s.queues)
	get(s, api, "queues/peek", "Show messages",
		"Messages of a queue, the oldest first; they stay where they are. For the operator alone.", s.peek)
	post(s, api, "queues/requeue", "Deliver dead messages again",
		"One message, or all dead ones that are chosen, now and with all their attempts. For the operator alone.", s.requeue)
	post(s, api, "queues/remove", "Delete messages",
		"One message, or all that are chosen, where they are in nobody's hands. For the operator alone.", s.removeMessages)
	post(s, api, "queues/pause", "Hand out nothing of a queue",
		"Until it is resumed; messages can be sent to it. For the operator alone.", s.pauseQueue)
	post(s, api, "queues/resume", "Hand out the messages of a queue again",
		"Goes on with a paused queue. For the operator alone.", s.resumeQueue)
	get(s, api, "topics", "List topics",
		"How many messages of each topic are kept, and at which positions. For the operator alone.", s.topics)

	post(s, api, "users/purge", "Delete everything of a user",
		"Accounts, sign-ins, items, changes, tokens, webhooks, exports, saved searches and published messages, for ever. It can be run again: what consumers had in hand goes then. For the operator alone.", s.purgeUser)
	post(s, api, "users/clean", "End the collecting for users who were not there for long",
		"What was collected is kept. With dryRun it is only said who is inactive and who will be. For the operator alone.", s.cleanUsers)
	post(s, api, "users/seen", "Say that users are there",
		"For pages of one's own over which they use it. For the operator alone.", s.usersSeen)
	get(s, api, "workers", "Say who works on what now",
		"Jobs and networks, by collector, with their leases. For the operator alone.", s.workers)
	get(s, api, "top", "Show who works on what, and how far behind it is",
		"One picture: collectors, services with their runs within the last hour and the tightest quota, what each worker has in hand, and jobs. For the operator alone.", s.top)
	get(s, api, "cluster", "Show the cluster",
		"Its members, who leads, and what is handed out. 404 where none is configured. For the operator alone.", s.cluster)
	post(s, api, "workers/quiet", "Have an instance be quiet",
		"It claims nothing more, neither networks nor jobs, finishes what it has in hand and stays. It hears of it with its next sign of life, within 5 seconds, and works again when it is started anew. For the operator alone.", s.askInstance(store.Quiet))
	post(s, api, "workers/resume", "Have an instance work again",
		"It claims what is due. For the operator alone.", s.askInstance(store.Work))
	post(s, api, "workers/stop", "Have an instance end",
		"It claims nothing more, finishes what it has in hand and ends, whether there is a cluster or not. A service manager may start it again. For the operator alone.", s.askInstance(store.Stop))
	post(s, api, "cluster/drain", "Ask an instance to leave",
		"It claims nothing more, finishes the pages in hand and ends; its networks are then the others'. A service manager may start it again. For the operator alone.", s.drain)
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
