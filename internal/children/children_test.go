package children

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
)

func TestMain(m *testing.M) {
	if role := Role(); role != nil {
		fmt.Println(len(role), role[0], os.Getenv("BESIDE"))
		if role[0] == "wait" {
			select {} // until it is killed, or its test is gone
		}
		os.Exit(Code(errors.New("on purpose")))
	}
	os.Exit(m.Run())
}

// TestARoleIsPlayed by another process, whose lines and end the test sees.
func TestARoleIsPlayed(t *testing.T) {
	cmd, lines := Start(t, []string{"fail", "two"}, "BESIDE=beside")
	said := slices.Collect(func(yield func(string) bool) {
		for l := range lines {
			if !yield(l) {
				return
			}
		}
	})
	if !slices.Equal(said, []string{"2 fail beside", "error on purpose"}) {
		t.Errorf("it said %q", said)
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("it ended with %v", err)
	}
}

// TestAProcessEndsWithItsTest: what is left of a test that died waits for nothing.
func TestAProcessEndsWithItsTest(t *testing.T) {
	_, tie, lines := start(t, []string{"wait"}, nil)
	<-lines
	if err := tie.Close(); err != nil { // as when this process dies
		t.Fatal(err)
	}
	for range lines { // they end with it
	}
}
