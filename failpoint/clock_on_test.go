//go:build failpoint && unix

package failpoint

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestSetWall(t *testing.T) {
	now := time.Now()
	for _, by := range []time.Duration{time.Hour, -time.Hour, 24 * time.Hour, -24 * time.Hour, 12 * 365 * 24 * time.Hour} {
		wrong := setWall(now, by)
		if got := wrong.Round(0).Sub(now.Round(0)); got != by {
			t.Errorf("by %v: the wall clock moved by %v", by, got)
		}
		if got := wrong.Sub(now); got != 0 {
			t.Errorf("by %v: the monotonic clock moved by %v", by, got)
		}
	}
}

func TestClockIsSetWhileTheProgramRuns(t *testing.T) {
	name := filepath.Join(t.TempDir(), "clock")
	t.Setenv("COLLECTOR_FAILPOINT_CLOCK", name)
	for text, least := range map[string]time.Duration{"": 0, "no time": 0, "2h\n": 2 * time.Hour} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := Now().Round(0).Sub(time.Now().Round(0)) + time.Minute; got < least || got > least+2*time.Minute {
			t.Errorf("%q: the clock is wrong by %v", text, got-time.Minute)
		}
	}
}
