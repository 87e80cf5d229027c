package queue_test

import (
	"slices"
	"testing"
	"time"

	"collector/queue"
)

// TestTurnsWhereClocksAreSet: each time that an expression names comes once on each day.
func TestTurnsWhereClocksAreSet(t *testing.T) {
	day := func(month time.Month, d int) time.Time { return time.Date(2026, month, d, 12, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		cron  string
		after time.Time
		hours int
		want  []string // of UTC
	}{
		{"CRON_TZ=Europe/Berlin 30 2 * * *", day(3, 27), 72, []string{"28 01:30", "29 01:00", "30 00:30"}}, // 2:00 is 3:00
		{"CRON_TZ=Europe/Berlin 30 2 * * *", day(10, 24), 48, []string{"25 00:30", "26 01:30"}},            // 3:00 is 2:00
		{"CRON_TZ=Europe/Berlin 0 3 * * *", day(3, 27), 48, []string{"28 02:00", "29 01:00"}},              // the very moment
		{"CRON_TZ=Europe/Berlin 0 3 * * *", day(10, 24), 48, []string{"25 02:00", "26 02:00"}},             // after both
		{"CRON_TZ=Europe/Berlin */20 2 * * *", day(3, 28), 24, []string{"29 01:00"}},                       // three times are one
		{"CRON_TZ=Europe/Berlin 0 0 29 3 *", day(3, 27), 72, []string{"28 23:00"}},                         // another time of that day
		{"CRON_TZ=America/Santiago 0 0 * * *", day(9, 5), 36, []string{"06 04:00"}},                        // midnight is 1:00
		{"CRON_TZ=Australia/Lord_Howe 45 1 * * *", day(4, 4), 36, []string{"04 14:45", "05 15:15"}},        // by half an hour
		{"CRON_TZ=Europe/Berlin 0 * * * *", day(10, 25).Add(-13 * time.Hour), 4, []string{"25 00:00", "25 01:00", "25 02:00", "25 03:00"}},
		{"CRON_TZ=Europe/Berlin 0 * * * *", day(3, 29).Add(-12 * time.Hour), 3, []string{"29 01:00", "29 02:00", "29 03:00"}},
		{"30 2 * * *", day(3, 27), 48, []string{"28 02:30", "29 02:30"}},
	} {
		r := queue.Recurring{Name: "r", Cron: c.cron, Job: queue.Job{Kind: "work"}}
		var got []string
		for now := c.after.Add(5 * time.Minute); !now.After(c.after.Add(time.Duration(c.hours) * time.Hour)); now = now.Add(5 * time.Minute) {
			turn, ok, err := r.Newest(now)
			if err != nil || !ok {
				t.Fatalf("%s at %v: %v, %v", c.cron, now, ok, err)
			}
			if slot := turn.Due.UTC().Format("02 15:04"); turn.Due.After(c.after) && !slices.Contains(got, slot) {
				got = append(got, slot)
			}
		}
		same(t, c.cron, got, c.want)
	}
}
