package main

import (
	"errors"
	"io/fs"
	"os"
	osexec "os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"collector/cmd/collector/internal/config"
	"collector/fetch"
	"collector/simulate"
)

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

// credentials demands that an environment makes the program look for its secret key
// in a file.
func credentials(t *testing.T, env map[string]string, file string) {
	t.Helper()
	if key := filepath.Join(env["CREDENTIALS_DIRECTORY"], "collector.key"); key != file {
		t.Errorf("the secret key is looked for in %s, and is in %s", key, file)
	}
	for name := range env {
		if strings.HasSuffix(name, "_SECRET_KEY") || strings.HasSuffix(name, "_PASSWORD") || strings.HasSuffix(name, "_TOKEN") {
			t.Errorf("%s: others can read a secret in the environment", name)
		}
	}
}

// graceful demands that a stop is given more time than the program takes, also where a
// limit was met while the store is away.
func graceful(t *testing.T, given time.Duration) {
	t.Helper()
	if grace := config.Default(nil).Grace + fetch.SettleTime; given <= grace {
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
	if set["TimeoutStartSec"] != "infinity" {
		t.Error("a store that is copied before it is upgraded takes longer than a start may")
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

// TestKeyAmongTheCredentials: what systemd and container platforms put into
// $CREDENTIALS_DIRECTORY is the key, although others of its group may read it, and
// no other is made.
func TestKeyAmongTheCredentials(t *testing.T) {
	inFolder(t)
	_, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 3})
	if err := os.Mkdir("credentials", 0o700); err != nil {
		t.Fatal(err)
	}
	key := func(text string) {
		if err := os.RemoveAll("credentials/collector.key"); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("credentials/collector.key", []byte(text+"\n"), 0o440); err != nil {
			t.Fatal(err)
		}
	}
	key("Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5LTEyMzQ=")
	env["CREDENTIALS_DIRECTORY"] = "credentials"
	p := program{env: env, stdin: acc[0].Tokens[0]}
	p.run(t, "connect", "github", "--token-stdin").must(t)
	p.run(t, "--once").must(t)
	if n := statusOf(t, p, "github/octocat"); n.Items != 3 {
		t.Errorf("%+v", n)
	}
	if _, err := os.Stat("collector.key"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("another key beside the store: %v", err)
	}
	key("QW5vdGhlcktleUFub3RoZXJLZXlBbm90aGVyS2V5ISE=")
	if o := p.run(t, "--once"); o.code != exitWrongKey {
		t.Errorf("with another key: %d %s", o.code, o.err)
	}
}
