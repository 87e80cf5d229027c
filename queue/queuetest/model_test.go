package queuetest

import (
	"testing"

	"collector/queue"
)

// TestTheModelRefuses shows what the search for an order would not let pass.
func TestTheModelRefuses(t *testing.T) {
	held := one{seen: seen{State: queue.Running, Token: "t", Until: 40, Attempts: 1, Deliveries: 1}}
	waits := one{seen: seen{State: queue.Ready}, Due: 10}
	dead := one{seen: seen{State: queue.Dead, Attempts: 3, Deliveries: 3}}
	claimed := told{Got: true, Seen: seen{State: queue.Running, Token: "u", Until: 50, Attempts: 2, Deliveries: 2}}
	first := told{Got: true, Seen: seen{State: queue.Running, Token: "u", Until: 50, Attempts: 1, Deliveries: 1}}
	for _, c := range []struct {
		what string
		job  one
		in   asked
		out  told
		want bool
	}{
		{"two claims of one job", held, asked{What: "claim", Now: 60, Until: 50}, claimed, false},
		{"a claim of nothing", one{}, asked{What: "claim", Now: 60, Until: 50}, first, false},
		{"a claim before it is due", waits, asked{What: "claim", Now: 9, Until: 50}, first, false},
		{"a claim when it is due", waits, asked{What: "claim", Now: 10, Until: 50}, first, true},
		{"a claim that does not count", waits, asked{What: "claim", Now: 10, Until: 50}, claimed, false},
		{"a claim of the dead", dead, asked{What: "claim", Now: 60, Until: 50}, first, false},
		{"a late acknowledgement", held, asked{What: "complete", Token: "old"}, told{OK: true}, false},
		{"an acknowledgement that was refused", held, asked{What: "complete", Token: "t"}, told{}, false},
		{"an acknowledgement", held, asked{What: "complete", Token: "t"}, told{OK: true}, true},
		{"a second one", one{}, asked{What: "complete", Token: "t"}, told{OK: true}, false},
		{"a late renewal", held, asked{What: "renew", Token: "old"}, told{OK: true}, false},
		{"an early rescue", held, asked{What: "rescue", Now: 39}, told{OK: true}, false},
		{"a missed rescue", held, asked{What: "rescue", Now: 40}, told{}, false},
		{"a second job of an id", held, asked{What: "add"}, told{OK: true}, false},
		{"a lost job", waits, asked{What: "look"}, told{}, false},
		{"a removed job that runs", held, asked{What: "remove"}, told{OK: true}, false},
		{"a re-queued job that runs", held, asked{What: "requeue"}, told{OK: true}, false},
		{"a re-queued dead one", dead, asked{What: "requeue"}, told{OK: true}, true},
	} {
		if got, _ := step(c.job, c.in, c.out); got != c.want {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
}
