package storetest_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"collector/store"
	"collector/store/memory"
	"collector/store/storetest"
)

// hired names the saboteur of a run of this test binary that TestSaboteurs started.
const hired = "STORETEST_SABOTEUR"

// TestMemory is run by TestSaboteurs, over a store in memory that is not true
// to its promises. The true one passes the kit in its own package.
func TestMemory(t *testing.T) {
	var sabotage func(store.Store) store.Store
	for _, s := range saboteurs {
		if os.Getenv(hired) == s.name {
			sabotage = s.hire
		}
	}
	if sabotage == nil {
		t.Log("nobody was hired")
		return
	}
	storetest.Run(t, func(*testing.T) storetest.Backend {
		shared := memory.New()
		return storetest.Backend{Open: func(string) (store.Store, error) { return sabotage(shared.Handle()), nil }}
	})
}

// TestSaboteurs shows that the kit bites: over a store that breaks one promise
// the promise's test turns red.
func TestSaboteurs(t *testing.T) {
	for _, s := range saboteurs {
		t.Run(s.name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMemory$/^"+s.promise+"$", "-test.v", "-rapid.nofailfile")
			cmd.Env = append(os.Environ(), hired+"="+s.name)
			out, err := cmd.CombinedOutput()
			if err == nil {
				t.Errorf("%s is green over a store in which %s", s.promise, s.breaks)
			}
			if !strings.Contains(string(out), "--- FAIL: TestMemory/"+s.promise) {
				t.Errorf("%s did not say that it failed: %v\n%s", s.promise, err, out)
			}
		})
	}
}
