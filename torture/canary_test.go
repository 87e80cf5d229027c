package torture

import (
	"encoding/base64"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"collector/simulate"
)

// Promise S1: no secret of any account, no key and nothing secret of the
// configuration appears in anything that any command prints or logs, in its
// export, or in the raw bytes of the database, in any encoding, although the
// services echo the secrets back in bodies, headers and errors, the program
// panics, is killed, and is given secrets where none belong.
func TestCanary(t *testing.T) {
	r := newRig(t, unlimited())
	key := base64.StdEncoding.EncodeToString([]byte("CANARYkey-of-thirty-two-bytes-77"))
	r.planted = append(r.planted, key)
	r.env = append(r.env, "COLLECTOR_LOG_LEVEL=debug", "COLLECTOR_SECRET_KEY="+key)
	r.add(simulate.Spec{Service: simulate.GitHub, Likes: 300}, simulate.Spec{Service: simulate.GitHub, Likes: 50, Expiring: true},
		simulate.Spec{Service: simulate.Mastodon, Likes: 100}, simulate.Spec{Service: simulate.Bluesky, Likes: 250})
	r.sim.AddFault(simulate.Fault{Kind: simulate.Echo, Every: 4})
	r.sim.AddFault(simulate.Fault{Kind: simulate.Reset, Every: 9})
	r.sim.AddFault(simulate.Fault{Kind: simulate.Unauthorized, Every: 13, Times: 3})
	r.panics()
	daemon := r.start()
	r.await("echoes", patience, func() bool { return r.sim.Struck(simulate.Echo) >= 8 })
	r.expire()
	if err := r.sim.Revoke(r.sim.Accounts()[0].Key); err != nil {
		t.Fatal(err)
	}
	r.await("the revoked account asking for a sign-in", patience, func() bool {
		var asked int
		r.query(&asked, "SELECT count(*) FROM networks WHERE json_extract(progress, '$.condition') = 'needs sign-in'")
		return asked > 0
	})
	r.everyCommand()
	r.misplaced()
	if n := r.leaks(); n < 100_000 { // the database, its log and its index are in use now
		t.Errorf("%d bytes were searched: they prove nothing", n)
	}
	daemon.Process.Kill()
	daemon.Wait()
	r.leaks()
	if r.sim.Struck(simulate.Echo) == 0 || !strings.Contains(r.output.String(), `"level":"DEBUG"`) {
		t.Error("no echo struck, or nothing was logged: the canary proves nothing")
	}
}

// panics lets the program panic where it has secrets in hand.
func (r *rig) panics() {
	r.t.Helper()
	for _, point := range []string{"req.before", "resp.half", "decode.done", "save.items.half", "token.received"} {
		r.expire()
		d := r.command()
		d.Env = append(slices.Clone(r.env), "COLLECTOR_FAILPOINT="+point+"=panic@1")
		mark := len(r.text())
		if err := d.Start(); err != nil {
			r.t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() { d.Wait(); close(ended) }()
		r.await("a panic at "+point, patience, func() bool {
			select {
			case <-ended:
				return true
			default:
				return strings.Contains(r.text()[mark:], "failpoint "+point)
			}
		})
		d.Process.Kill()
		<-ended
		if !strings.Contains(r.text()[mark:], "failpoint "+point) {
			r.t.Errorf("nothing was said of the panic at %s:\n%s", point, r.tail())
		}
	}
}

func (r *rig) text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.output.String()
}

// everyCommand runs what the program can do. Some are refused on purpose: their
// words count too.
func (r *rig) everyCommand() {
	r.t.Helper()
	name := r.sim.Accounts()[0].Key
	for _, args := range [][]string{
		{"status"},
		{"status", "--json"},
		{"status", name},
		{"accounts", "list"},
		{"accounts", "pause", name},
		{"accounts", "resume", name},
		{"config", "show"},
		{"config", "check"},
		{"config", "sample"},
		{"search", "a"},
		{"search", "--json", "a"},
		{"changes", "--since", "0"},
		{"export", "--format", "csv"},
		{"export", "--format", "jsonl"},
		{"connectors"},
		{"connectors", "github"},
		{"explain", name},
		{"explain", "--json", name},
		{"sync", "--all"},
		{"healthcheck"},
		{"rotate-key"},
		{"backup", filepath.Join(r.dir, "backup.db")},
		{"version"},
		{"help", "environment"},
		{"connect", "github", "--no-input"},
		{"--once", "--workers=0"},
	} {
		r.run(nil, "", args...)
	}
}

// misplaced gives secrets to the program where none belong, or in a form that
// it cannot use.
func (r *rig) misplaced() {
	r.t.Helper()
	n := 0
	secret := func() string {
		n++
		s := "CANARYmisplaced" + strings.Repeat(string(rune('a'+n)), 9) + "77"
		r.planted = append(r.planted, s)
		return s
	}
	r.run(nil, `{"access":"`+secret()+`","refresh":"`+secret()+`"}`, "connect", "github", "--token-stdin")
	r.run(nil, `{"access":"`+secret()+`","secret":"`+secret()+`"`, "connect", "github", "--token-stdin")
	r.run(nil, `{"service":"github","token":"`+secret()+`","server":"https://x.example/`+`"}`+"\n"+`{"service":"nowhere","token":"`+secret()+`"}`+"\n"+`{"service":"github","token":{"access":"`+secret()+`"`+"\n", "accounts", "import", "-")
	for _, env := range []string{
		"COLLECTOR_SECRET_KEY=" + secret(), "COLLECTOR_GITHUB_TOKEN=" + secret(), "COLLECTOR_STORE=mongodb://u:" + secret() + "@127.0.0.1/db",
		"COLLECTOR_GITHUB_URL=https://u:" + secret() + "@127.0.0.1", "COLLECTOR_GITHUB_URL=https://127.0.0.1/?access_token=" + secret(),
	} {
		r.run([]string{env}, "", "status")
		r.run([]string{env}, "", "config", "show")
		r.run([]string{env}, "", "--once")
	}
	for i, text := range []string{"secret_key: " + secret() + "\n", "github_token: " + secret() + "\n", "store: [" + secret() + "\n", "secret_key: {a: " + secret() + "}\n", "- " + secret() + "\n"} {
		file := filepath.Join(r.t.TempDir(), "collector.yaml") // not below r.dir: it is the person's own file
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			r.t.Fatal(err)
		}
		without := []string{"COLLECTOR_SECRET_KEY="}
		if i%2 == 1 {
			without = nil
		}
		r.run(without, "", "config", "show", "--config", file)
		r.run(without, "", "--once", "--config", file)
	}
}

// run runs a command to its end, whatever that is.
func (r *rig) run(env []string, stdin string, args ...string) {
	r.t.Helper()
	cmd := r.command(args...)
	cmd.Env, cmd.Stdin = append(slices.Clone(r.env), env...), strings.NewReader(stdin)
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		r.t.Errorf("%v: %v", args, err)
	}
}
