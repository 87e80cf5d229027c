package limit

import (
	"net/http"
	"testing"
	"time"

	"collector/connectors"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// Defect 7: a missing or odd quota header never reads as "not limited".
func TestReadHeaders(t *testing.T) {
	report := func(u connectors.ResetUnit) connectors.Quota {
		return connectors.Quota{N: 60, Per: time.Hour, Report: connectors.Report{Limit: "L", Remaining: "R", Used: "U", Reset: "E", Unit: u}}
	}
	for _, c := range []struct {
		name, limit, left, used, reset string
		unit                           connectors.ResetUnit
		wantLeft                       int // -1: not told
		wantReset                      time.Duration
	}{
		{"epoch", "5000", "4999", "", "1795352400", connectors.EpochSeconds, 4999, time.Hour},
		{"epoch in milliseconds", "5000", "4999", "", "1795352400000", connectors.EpochSeconds, 4999, time.Hour},
		{"iso", "300", "297", "", "2026-11-22T12:05:00.123456Z", connectors.ISO8601, 297, 5*time.Minute + 123456*time.Microsecond},
		{"iso, and seconds came", "50", "49", "", "1795352400", connectors.ISO8601, 49, time.Hour},
		{"iso with an offset", "50", "49", "", "2026-11-22T12:01:00+00:00", connectors.ISO8601, 49, time.Minute},
		{"seconds, and iso came", "50", "49", "", "2026-11-22T12:01:00+00:00", connectors.EpochSeconds, 49, 0},
		{"to go", "100", "595.7", "", "30.5", connectors.SecondsToGo, 595, 30*time.Second + 500*time.Millisecond},
		{"nothing", "", "", "", "", connectors.EpochSeconds, -1, 0},
		{"text", "many", "few", "", "soon", connectors.EpochSeconds, -1, 0},
		{"not a number", "NaN", "NaN", "", "NaN", connectors.SecondsToGo, -1, 0},
		{"negative", "-1", "-1", "", "-1", connectors.EpochSeconds, -1, 0},
		{"huge", "1e300", "1e300", "", "1e300", connectors.EpochSeconds, -1, 0},
		{"reset long past", "10", "1", "", "0", connectors.EpochSeconds, 1, 0},
		{"reset in a year", "10", "1", "", "1826888400", connectors.EpochSeconds, 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := http.Header{}
			for k, v := range map[string]string{"L": c.limit, "R": c.left, "U": c.used, "E": c.reset} {
				if v != "" {
					h.Set(k, v)
				}
			}
			u, told := ReadHeaders(h, report(c.unit), noon)
			if told != (c.wantLeft >= 0) {
				t.Errorf("told %v", told)
			}
			if told && *u.Left != c.wantLeft {
				t.Errorf("left %d, want %d", *u.Left, c.wantLeft)
			}
			if c.wantReset == 0 != u.Reset.IsZero() || c.wantReset != 0 && u.Reset.Sub(noon) != c.wantReset {
				t.Errorf("reset %v, want in %v", u.Reset, c.wantReset)
			}
		})
	}
}

// Where no header names the limit, what is used and what is left make it up.
func TestLimitOfUsedAndLeft(t *testing.T) {
	q := connectors.Quota{N: 1000, Per: 10 * time.Minute, Report: connectors.Report{Remaining: "R", Used: "U", Reset: "E", Unit: connectors.SecondsToGo}}
	for _, c := range []struct {
		left, used string
		limit      int
	}{{"593.0", "7", 600}, {"0.0", "996", 996}, {"593.0", "", 0}, {"", "7", 0}, {"few", "7", 0}} {
		h := http.Header{"R": {c.left}, "U": {c.used}, "E": {"317"}}
		if u, _ := ReadHeaders(h, q, noon); u.Limit != c.limit {
			t.Errorf("%q left and %q used: a limit of %d, want %d", c.left, c.used, u.Limit, c.limit)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	for text, want := range map[string]struct {
		wait time.Duration
		said Asked
	}{
		"":                              {0, NotAsked},
		"30":                            {30 * time.Second, AskedTime},
		" 1.5 ":                         {1500 * time.Millisecond, AskedTime},
		"79892":                         {79892 * time.Second, AskedTime},
		"0":                             {0, AskedTime},
		"-1":                            {0, Unreadable},
		"3456001":                       {0, Unreadable}, // 40 days and a second
		"NaN":                           {0, Unreadable},
		"soon":                          {0, Unreadable},
		"Sun, 22 Nov 2026 12:10:00 GMT": {5 * time.Minute, AskedTime}, // by the reply's own Date
		"Sun, 22 Nov 2026 11:00:00 GMT": {0, Unreadable},
	} {
		h := http.Header{"Date": {"Sun, 22 Nov 2026 12:05:00 GMT"}}
		if text != "" {
			h.Set("Retry-After", text)
		}
		if wait, said := RetryAfter(h, noon); wait != want.wait || said != want.said {
			t.Errorf("%q: %v %v, want %v %v", text, wait, said, want.wait, want.said)
		}
	}
}

// Whatever a server sends, a wait is within 0 and 40 days and a reset within 40
// days of now.
func FuzzHeaders(f *testing.F) {
	for _, s := range []string{"30", "-1", "1e9", "1795352400", "2026-11-22T12:05:00Z", "Sun, 22 Nov 2026 12:10:00 GMT", "NaN", "0x10", "９"} {
		f.Add(s, s, s)
	}
	f.Fuzz(func(t *testing.T, retry, left, end string) {
		h := http.Header{}
		h.Set("Retry-After", retry)
		h.Set("R", left)
		h.Set("E", end)
		if wait, _ := RetryAfter(h, noon); wait < 0 || wait > maxWait {
			t.Errorf("wait %v", wait)
		}
		for _, unit := range []connectors.ResetUnit{connectors.EpochSeconds, connectors.ISO8601, connectors.SecondsToGo} {
			q := connectors.Quota{Report: connectors.Report{Remaining: "R", Reset: "E", Unit: unit}}
			u, _ := ReadHeaders(h, q, noon)
			if u.Left != nil && *u.Left < 0 {
				t.Errorf("left %d", *u.Left)
			}
			if d := u.Reset.Sub(noon); !u.Reset.IsZero() && (d > maxWait || d < -maxWait) {
				t.Errorf("reset in %v", d)
			}
		}
	})
}
