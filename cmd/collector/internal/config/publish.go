package config

import (
	"slices"
	"strings"

	"collector/broker"
)

// Publish says what other programs are told of what was collected.
type Publish struct {
	Publish        bool     `yaml:"publish" split_words:"true" doc:"tell other programs of the likes that polls find, by messages on /topic/items and /topic/items.USER"`
	PublishKinds   []string `yaml:"publish_kinds" split_words:"true" doc:"tell of what these walks find: poll, backfill, sweep, fill, remap, import; nothing for poll alone"`
	PublishQueues  []string `yaml:"publish_queues" split_words:"true" doc:"queues that get these messages too, such as /queue/likes"`
	PublishPrivate bool     `yaml:"publish_private" split_words:"true" doc:"also tell of likes of what is private at its service"`
}

// kinds are the kinds of changes.
var kinds = []string{"poll", "backfill", "sweep", "fill", "remap", "import"}

func (p *Publish) validate(bad func(key, format string, a ...any)) {
	for _, k := range p.PublishKinds {
		if !slices.Contains(kinds, k) {
			bad("publish_kinds", "%q is none of %s%s", k, strings.Join(kinds, ", "), hint(k, kinds))
		}
	}
	for _, q := range p.PublishQueues {
		kind, _, err := broker.Destination(q)
		switch {
		case err != nil:
			bad("publish_queues", "%s: write /queue/NAME", err)
		case kind != broker.Queue:
			bad("publish_queues", "%q is no queue: write /queue/NAME", q)
		}
	}
}
