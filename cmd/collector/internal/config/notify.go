package config

import (
	"slices"
	"strings"
	"time"

	"collector/deliver/notify"
)

// Notify says who is told when the state of things changes. The addresses hold secrets.
type Notify struct {
	Notify     Secret        `yaml:"notify" split_words:"true" doc:"who is told when something needs you or is well again: addresses such as ntfy://ntfy.sh/topic, with blanks between them; better in a file"`
	NotifyFile string        `yaml:"notify_file" split_words:"true" doc:"file that holds the addresses, one a line"`
	NotifyOn   []string      `yaml:"notify_on" split_words:"true" doc:"what is told: network, removals, webhook, store, backfill; nothing for all but backfill"`
	NotifyGap  time.Duration `yaml:"notify_gap" split_words:"true" doc:"shortest time between two messages, at most 168h; what happens in between is told in one"`
}

// validate returns what is wrong, as key and reason.
func (n *Notify) validate(bad func(key, format string, a ...any)) {
	if !n.Notify.Empty() && n.NotifyFile != "" {
		bad("notify", "notify and notify_file are both set: keep one")
	}
	if _, err := notify.Parse(n.Notify.Secret); err != nil {
		bad("notify", "%s", err)
	}
	for _, k := range n.NotifyOn {
		if !slices.Contains(notify.Kinds[:], k) {
			bad("notify_on", "%q is none of %s%s", k, strings.Join(notify.Kinds[:], ", "), hint(k, notify.Kinds[:]))
		}
	}
}
