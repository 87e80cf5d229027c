package process

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestMain lets the test run itself as the process to be measured.
func TestMain(m *testing.M) {
	if os.Getenv("BENCH_PROCESS_WORK") != "" {
		work()
		return
	}
	os.Exit(m.Run())
}

// work uses some CPU and 64 MB.
func work() {
	held := make([]byte, 64<<20)
	sum := byte(0)
	for range 4 {
		for i := range held {
			held[i] += byte(i)
			sum ^= held[i]
		}
	}
	if sum == 1 {
		os.Stdout.WriteString("one ")
	}
	os.Stdout.WriteString("done")
}

func TestRunTellsWhatAProcessUsed(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "BENCH_PROCESS_WORK=1")
	out, used, err := Run(cmd)
	if err != nil || !strings.HasSuffix(string(out), "done") {
		t.Fatalf("%q, %v", out, err)
	}
	if used.CPU <= 0 || used.Wall <= 0 {
		t.Errorf("%+v", used)
	}
	if _, err := os.Stat("/proc/self/status"); err == nil && used.Peak < 64 {
		t.Errorf("64 MB were used, %v MB seen", used.Peak)
	}
}

func TestRunTellsWhatAFailureSaid(t *testing.T) {
	_, _, err := Run(exec.Command("go", "no-such-command"))
	if err == nil || !strings.Contains(err.Error(), "unknown command") {
		t.Error(err)
	}
}

func TestOwnUse(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Logf("this system has no /proc: %v", err)
		return
	}
	if _, err := CPU(os.Getpid()); err != nil {
		t.Error(err)
	}
	if r, p := Resident(os.Getpid()), Peak(os.Getpid()); r <= 0 || p < r {
		t.Errorf("resident %d, peak %d", r, p)
	}
}
