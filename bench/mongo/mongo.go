package mongo

import "collector/bench/figure"

// Measurements are those of this package.
func Measurements() []figure.Measurement {
	return []figure.Measurement{
		{Name: "mongo/networks", What: "a million networks in MongoDB: claims, the status", Do: with(networks)},
		{Name: "mongo/headline", What: "3,000 networks due at once over MongoDB, one page of 100 items each", Do: with(lists)},
		{Name: "mongo/instances", What: "two instances over one database against one", Do: with(instances)},
		{Name: "mongo/log", What: "how soon a change is seen in the log with 8 writers", Do: with(log)},
		{Name: "mongo/ledger", What: "how many calls one key of the ledger carries", Do: with(ledger)},
		{Name: "mongo/queue", What: "jobs that one dispatcher claims and completes over MongoDB, against a loop of findAndModify", Do: with(queued)},
		{Name: "mongo/quota", What: "four processes of 64 workers on one quota, by the service's count", Do: with(crowd)},
		{Name: "mongo/failovers", What: "the same while the primary of three servers is lost, once in each window", Do: failovers},
		{Name: "mongo/due", What: "how late due networks are begun over MongoDB while an instance is killed and one arrives", Do: with(due)},
		{Name: "mongo/due-jobs", What: "how late due networks are begun while the pool of jobs is full, against an empty one", Do: with(dueBeside)},
		{Name: "mongo/daemons", What: "four real daemons on the quotas of some accounts, by the service's count", Do: with(daemons)},
		{Name: "stomp/mongo", What: "messages through a STOMP queue over MongoDB, against RabbitMQ's persistent ones", Do: with(frames)},
		{Name: "topics/mongo", What: "messages of a topic that reach ten live subscribers, over MongoDB", Do: with(live)},
		{Name: "webhooks/mongo", What: "calls of webhooks a minute over MongoDB, against 100 bare clients", Do: with(called)},
	}
}
