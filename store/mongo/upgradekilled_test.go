//go:build mongo && failpoint && unix

package mongo

import (
	"testing"
)

// upgradePoints are the steps of the migration that a database of the first schema lacks.
func upgradePoints() []string {
	return []string{
		"migrate.before=kill@1", "migrate.step=kill@1", "migrate.created=kill@1", "migrate.step=kill@2", "migrate.created=kill@2", "migrate.after=kill@1",
	}
}

// TestKilledWhileUpgrading kills a process at each step on the way of a database with
// data from the first schema to the present one: the next one ends the work, and all is
// there.
func TestKilledWhileUpgrading(t *testing.T) {
	indexes := indexesOf(t, opened(t, address(t), "fresh"))
	for _, point := range upgradePoints() {
		t.Run(point, func(t *testing.T) {
			at := address(t)
			was := dump(t, firstSchema(t, at))
			cmd, says := spawn(t, "open", at, 0, "COLLECTOR_FAILPOINT="+point)
			for line := range says {
				t.Error(line)
			}
			if err := cmd.Wait(); err == nil || err.Error() != "signal: killed" {
				t.Fatalf("the process ended with %v: the point was not reached", err)
			}
			broughtUp(t, opened(t, at, "new"), was, indexes)
		})
	}
}

// TestProcessesUpgradeAtOnce: several processes bring the same database up, each of them
// slowly; one of them is killed on the way.
func TestProcessesUpgradeAtOnce(t *testing.T) {
	indexes := indexesOf(t, opened(t, address(t), "fresh"))
	at := address(t)
	was := dump(t, firstSchema(t, at))
	const slowly = "COLLECTOR_FAILPOINT=migrate.before=sleep:50ms;migrate.step=sleep:50ms;migrate.created=sleep:50ms;migrate.after=sleep:50ms"
	killed, told := spawn(t, "open", at, 0, "COLLECTOR_FAILPOINT=migrate.created=kill@2")
	one, says := spawn(t, "open", at, 0, slowly)
	two, said := spawn(t, "open", at, 0, slowly)
	for _, lines := range []<-chan string{told, says, said} {
		for line := range lines {
			t.Error(line)
		}
	}
	_ = killed.Wait() // it may have found the work done
	for _, err := range []error{one.Wait(), two.Wait()} {
		if err != nil {
			t.Errorf("a process ended with %v", err)
		}
	}
	broughtUp(t, opened(t, at, "new"), was, indexes)
}
