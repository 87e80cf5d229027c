package torture

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/simulate"
)

// Promise S1: no secret of any account appears in anything that any command
// prints or logs, in its export, or in the raw bytes of the database, in any of
// five encodings, although the services echo the secrets back in bodies,
// headers and errors.
func TestCanary(t *testing.T) {
	r := newRig(t, unlimited())
	r.env = append(r.env, "COLLECTOR_LOG_LEVEL=debug")
	r.add(simulate.Spec{Service: simulate.GitHub, Likes: 300}, simulate.Spec{Service: simulate.GitHub, Likes: 50, Expiring: true},
		simulate.Spec{Service: simulate.Mastodon, Likes: 100}, simulate.Spec{Service: simulate.Bluesky, Likes: 250})
	r.sim.AddFault(simulate.Fault{Kind: simulate.Echo, Every: 4})
	r.sim.AddFault(simulate.Fault{Kind: simulate.Reset, Every: 9})
	r.sim.AddFault(simulate.Fault{Kind: simulate.Unauthorized, Every: 13, Times: 3})
	daemon := r.start()
	time.Sleep(4 * time.Second)
	for _, a := range r.sim.Accounts() {
		if a.Service == simulate.Bluesky {
			if err := r.sim.Expire(a.Key); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := r.sim.Revoke(r.sim.Accounts()[0].Key); err != nil {
		t.Fatal(err)
	}
	r.await("the revoked account asking for a sign-in", 2*time.Minute, func() bool {
		var asked int
		r.query(&asked, "SELECT count(*) FROM networks WHERE json_extract(progress, '$.condition') = 'needs sign-in'")
		return asked > 0
	})
	for _, args := range [][]string{
		{"status"},
		{"status", "--json"},
		{"accounts", "list"},
		{"config", "show"},
		{"config", "check"},
		{"search", "a"},
		{"changes", "--since", "0"},
		{"export", "--format", "csv"},
		{"connectors"},
		{"explain", r.sim.Accounts()[0].Key},
		{"version"},
		{"connect", "github", "--no-input"},
	} {
		r.command(args...).Run() // some are refused on purpose: their words count too
	}
	wrong := r.command("connect", "github", "--token-stdin")
	wrong.Stdin = strings.NewReader(`{"access":"CANARYwrongToken77","refresh":"CANARYwrongRefresh77"}`)
	wrong.Run()
	odd := r.command("connect", "github", "--token-stdin")
	odd.Stdin = strings.NewReader(`{"access":"CANARYoddToken77","secret":"CANARYoddKey77"`)
	odd.Run()
	if _, err := r.stop(daemon); err != nil {
		t.Errorf("stopping: %v", err)
	}
	if r.sim.Struck(simulate.Echo) == 0 {
		t.Error("no echo struck: the canary proves nothing")
	}
	secrets := []string{"CANARYwrongToken77", "CANARYwrongRefresh77", "CANARYoddToken77", "CANARYoddKey77"}
	for _, a := range r.sim.Accounts() {
		for _, token := range a.Tokens {
			secrets = append(secrets, secretsOf(token)...)
		}
	}
	places := map[string]string{"what the commands wrote": r.output.String()}
	files, err := filepath.Glob(filepath.Join(r.dir, "c.db*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if raw, err := os.ReadFile(f); err == nil {
			places[filepath.Base(f)] = string(raw)
		}
	}
	if len(places) < 2 || len(places["what the commands wrote"]) < 10_000 {
		t.Fatal("there is nothing to search")
	}
	for place, text := range places {
		for _, s := range secrets {
			for name, form := range forms(s) {
				if at := strings.Index(text, form); at >= 0 {
					t.Errorf("a secret stands in %s (%s): …%s", place, name, strings.ReplaceAll(text[max(0, at-150):at], s, "(secret)"))
				}
			}
		}
	}
}

// secretsOf are the secret texts of a credential as connect takes it.
func secretsOf(token string) []string {
	var fields map[string]any
	if json.Unmarshal([]byte(token), &fields) != nil {
		return []string{token}
	}
	var out []string
	for name, v := range fields {
		if s, ok := v.(string); ok && name != "identifier" && name != "expiresAt" && name != "clientId" {
			out = append(out, s)
		}
	}
	return out
}

// forms are the five encodings in which a secret could hide.
func forms(s string) map[string]string {
	quoted, _ := json.Marshal(s)
	return map[string]string{
		"plain": s, "in an address": url.QueryEscape(s), "base64": strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(s)), "="),
		"JSON": strings.Trim(string(quoted), `"`), "hex": hex.EncodeToString([]byte(s)),
	}
}
