package main

import (
	"os"
	osexec "os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"collector/cmd/collector/internal/config"
)

// aKey stands for the secret key that the operator makes.
const aKey = "Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5LTEyMzQ="

func deployed(t *testing.T, dir, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "../../deploy", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// valid runs the program's own check of a configuration: variables and flags exist,
// and their values are allowed.
func valid(t *testing.T, env map[string]string, args ...string) {
	t.Helper()
	inFolder(t)
	if len(env)+len(args) == 0 {
		t.Error("nothing is set: the test shows nothing")
	}
	o := program{env: env}.run(t, append([]string{"config", "check"}, args...)...)
	if o.code != exitOK || strings.Contains(o.err, "warning") {
		t.Errorf("%v %v: %d %s", env, args, o.code, o.err)
	}
}

// graceful demands that a stop is given more time than the program takes.
func graceful(t *testing.T, given time.Duration) {
	t.Helper()
	if grace := config.Default(nil).Grace; given <= grace {
		t.Errorf("a stop has %v, and the program takes up to %v", given, grace)
	}
}

// image is what the files of the container say of it.
func image(t *testing.T, dir string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "../../Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestSystemdUnit(t *testing.T) {
	dir := here(t)
	unit := string(deployed(t, dir, "collector.service"))
	set := map[string]string{}
	for l := range strings.Lines(unit) {
		if key, value, ok := strings.Cut(strings.TrimSpace(l), "="); ok && !strings.HasPrefix(key, "#") {
			set[key] = strings.TrimSpace(set[key] + " " + value)
		}
	}
	command := strings.Fields(set["ExecStart"])
	valid(t, nil, command[1:]...)
	for key, want := range map[string]string{
		"Type": "notify", "DynamicUser": "yes", "NoNewPrivileges": "yes", "ProtectSystem": "strict", "CapabilityBoundingSet": "",
		"StateDirectory": "collector", "LoadCredential": "collector.key:/etc/collector/collector.key",
	} {
		if got, there := set[key]; !there || got != want {
			t.Errorf("%s=%s, want %s", key, got, want)
		}
	}
	if !slices.Contains(command, "--store=sqlite:/var/lib/collector/collector.db") {
		t.Errorf("the store is not in the state directory: %s", command)
	}
	for _, key := range []string{"WatchdogSec", "TimeoutStopSec"} {
		if _, err := time.ParseDuration(strings.Replace(set[key], "min", "m", 1)); err != nil {
			t.Errorf("%s=%s", key, set[key])
		}
	}
	stop, _ := time.ParseDuration(set["TimeoutStopSec"])
	graceful(t, stop)
	for _, code := range strings.Fields(set["RestartPreventExitStatus"]) {
		if n, err := strconv.Atoi(code); err != nil || !slices.ContainsFunc(exitCodes(), func(c exitCode) bool { return c.code == n && n != exitOK && n != exitTemporary }) {
			t.Errorf("RestartPreventExitStatus names %s", code)
		}
	}
	analyze, err := osexec.LookPath("systemd-analyze")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("systemd-analyze is missing (Debian package systemd)")
		}
		t.Log("systemd-analyze is not there: systemd did not look at the unit")
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "collector.service") // a program that is there
	write(t, path, strings.Replace(unit, command[0], self, 1))
	if out, err := osexec.CommandContext(t.Context(), analyze, "verify", path).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	out, err := osexec.CommandContext(t.Context(), analyze, "security", "--offline=true", "--threshold=20", path).CombinedOutput()
	if err != nil {
		t.Errorf("systemd-analyze security finds the unit more exposed than 2.0: %v\n%s", err, out)
	}
}
