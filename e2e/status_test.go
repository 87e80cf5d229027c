//go:build e2e

package e2e

import (
	"encoding/json"
	"testing"
	"time"
)

// standing is what `status --json` says of one network.
type standing struct {
	Network, Mode, Condition, State, Reason string
	NeedsYou, Running                       bool
	Items, Quarantined, DetailsMissing      int
	LastOk, Next                            *time.Time
	Notes                                   []string
	Error                                   *struct{ Text, Kind, Whose, Next string }
	Runs                                    []struct{ Kind, Fault string }
}

// status returns what the program says of its only network, and its words.
func (p *program) status(t *testing.T) (standing, string) {
	t.Helper()
	out := p.must(t, "", "status", "--json")
	var all struct{ Networks []standing }
	if err := json.Unmarshal([]byte(out), &all); err != nil {
		t.Fatalf("status --json is not JSON: %v\n%s", err, out)
	}
	if len(all.Networks) != 1 {
		return standing{}, out
	}
	return all.Networks[0], out
}

// fault is the kind of the last error, "" where there is none.
func (s standing) fault() string {
	if s.Error == nil {
		return ""
	}
	return s.Error.Kind
}

// wait is how far away the next run is.
func (s standing) wait() time.Duration {
	if s.Next == nil {
		return 0
	}
	return time.Until(*s.Next)
}
