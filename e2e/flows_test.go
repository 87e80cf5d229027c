//go:build e2e

package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/cluster/etcd/etcdtest"
	"collector/deliver/webhook"
	"collector/queue"
	queuesqlite "collector/queue/sqlite"
	"collector/simulate"
	"collector/store/sqlite"
)

// stage is one way of looking at one collector, as pages/stage.mjs has it.
type stage struct {
	Name     string                `json:"name"` // "light 320"
	Theme    string                `json:"theme"`
	Width    int                   `json:"width"`
	Scripts  bool                  `json:"scripts"`
	Origin   string                `json:"origin"`
	Program  string                `json:"program"` // with its store, folder and environment
	Store    string                `json:"store"`
	Home     string                `json:"home"`
	Env      map[string]string     `json:"env"`
	List     string                `json:"list"`     // address of the list that is collected from the beginning
	Accounts map[string]stageLogin `json:"accounts"` // in the simulated services
	Servers  map[string]string     `json:"servers"`
	Hook     string                `json:"hook"`     // a webhook with a call that is given up
	Services string                `json:"services"` // control of the simulated services
	Secrets  []string              `json:"secrets"`  // that no page shows

	daemon  *daemon
	program *program
}

// stageLogin is an account of a simulated service, and what signs it in.
type stageLogin struct {
	Key        string `json:"key"`
	Name       string `json:"name"`
	Token      string `json:"token,omitempty"`
	Identifier string `json:"identifier,omitempty"`
	Password   string `json:"password,omitempty"`
}

// ways are the stages, without collectors: both themes at both widths, and one without scripts.
func ways() []*stage {
	var out []*stage
	for _, theme := range []string{"light", "dark"} {
		for _, width := range []int{1280, 320} {
			out = append(out, &stage{Name: fmt.Sprintf("%s-%d", theme, width), Theme: theme, Width: width, Scripts: true})
		}
	}
	return append(out, &stage{Name: "plain-1280", Theme: "light", Width: 1280})
}

// hooks is a server for webhooks and notifications: well, or broken for those that ask for it.
func hooks(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/broken") {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"id":"x"}`)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// setUp starts a collector of its own for a stage, with 120 likes of one account collected,
// and accounts that the flows connect.
func (s *stage) setUp(t *testing.T, bin string, world *simulate.Running, etcd, hooks string) {
	t.Helper()
	login := func(what, service string, likes int) {
		t.Helper()
		who, err := world.AddAccount(simulate.Spec{Service: service, Name: what + strings.ReplaceAll(s.Name, "-", ""), Likes: likes})
		if err != nil {
			t.Fatal(err)
		}
		l := stageLogin{Key: who.Key, Name: who.Name, Token: who.Tokens[0]}
		if strings.HasPrefix(l.Token, "{") {
			var c struct{ Identifier, AppPassword string }
			if err := json.Unmarshal([]byte(l.Token), &c); err != nil {
				t.Fatal(err)
			}
			l.Token, l.Identifier, l.Password = "", c.Identifier, c.AppPassword
		}
		s.Accounts[what] = l
		s.Secrets = append(s.Secrets, l.Token, l.Password)
	}
	s.Accounts = map[string]stageLogin{}
	login("main", simulate.Mastodon, 120)
	login("guest", simulate.Mastodon, 20)
	login("github", simulate.GitHub, 30)
	login("subsonic", simulate.Subsonic, 10)
	s.Secrets = append(slices.DeleteFunc(s.Secrets, func(one string) bool { return one == "" }), "c4face")
	s.Servers = map[string]string{"mastodon": world.URLs[simulate.Mastodon], "subsonic": world.URLs[simulate.Subsonic], "hooks": hooks, "nobody": "http://127.0.0.1:9"}
	s.Services = world.Control
	p := install(t, bin,
		"COLLECTOR_DISK_FLOOR=0", "COLLECTOR_ALLOW_PRIVATE=127.0.0.1", "COLLECTOR_LISTEN=127.0.0.1:0",
		"COLLECTOR_GITHUB_URL="+world.URLs[simulate.GitHub],
		"COLLECTOR_CLUSTER=etcd://"+etcd+"/"+s.Name,
		"COLLECTOR_PUBLISH=true", "COLLECTOR_PUBLISH_KINDS=backfill", "COLLECTOR_PUBLISH_QUEUES=/queue/likes",
		"COLLECTOR_NOTIFY=ntfy://me:c4face@"+strings.TrimPrefix(hooks, "http://")+"/topic?scheme=http")
	p.must(t, s.Accounts["main"].Token, "connect", "mastodon", "--server", s.Servers["mastodon"], "--token-stdin")
	s.Hook = strings.Fields(p.must(t, "", "webhooks", "add", hooks+"/well"))[0]
	giveUp(t, p, s.Hook)
	s.program, s.daemon = p, p.start(t)
	s.Program, s.Store, s.Home, s.Env = p.bin, p.store, p.folder, map[string]string{}
	for _, one := range p.command().Env {
		name, value, _ := strings.Cut(one, "=")
		s.Env[name] = value
	}
}

// giveUp lets a webhook have a call that nobody can read: it is given up at its first try.
// Those that fail are tried for days.
func giveUp(t *testing.T, p *program, hook string) {
	t.Helper()
	db, err := sqlite.Beside(t.Context(), strings.TrimPrefix(p.store, "sqlite:")+".webhooks")
	if err != nil {
		t.Fatal(err)
	}
	jobs, err := queuesqlite.Open(t.Context(), db)
	if err == nil {
		_, err = jobs.Add(t.Context(), time.Now(), "", []queue.Job{{ID: "unreadable", Queue: webhook.QueueOf(hook), Kind: "webhook", Data: []byte("[]")}})
		err = errors.Join(err, jobs.Close())
	}
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

// ready waits until the likes of a stage are collected.
func (s *stage) ready(t *testing.T) {
	t.Helper()
	eventually(t, s.Name+": all likes are collected", func() string {
		got, all := s.program.status(t)
		if got.Items < 120 || got.Mode != "normal" {
			return all
		}
		s.List = "/accounts/" + got.Network
		return ""
	})
	said := s.daemon.text()
	for _, other := range s.Servers {
		said = strings.ReplaceAll(said, other, "")
	}
	if s.Origin = regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(said); s.Origin == "" {
		t.Fatalf("no address of the pages is told:\n%s", said)
	}
}

// listed are the flows that pages/flows/README.md promises, those without scripts alone or all.
func listed(t *testing.T, scripts bool) (out []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("pages", "flows", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range regexp.MustCompile(`(?m)^\| ([^|]+) \| (yes|no) \|`).FindAllStringSubmatch(string(text), -1) {
		if scripts || row[2] == "yes" {
			out = append(out, row[1])
		}
	}
	return append(out, "every form is sent")
}

// TestPagesFlows plays every flow of the pages, each on a collector of its own, in both themes
// at both widths and once without scripts. Each state that a flow reaches is held to what
// TestPagesLook holds a page to, and drawn: COLLECTOR_PICTURES names a folder for the pictures.
func TestPagesFlows(t *testing.T) {
	e := newEyes(t)
	bin, etcd, told := build(t), etcdtest.Start(t), hooks(t)
	world, err := simulate.Serve(t.Context(), simulate.New(simulate.Options{Seed: 7}), simulate.Listen{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { world.Close() })
	stages := ways()
	for _, s := range stages {
		s.setUp(t, bin, world, etcd.Endpoint, told)
	}
	var want []string
	for _, s := range stages {
		s.ready(t)
		for _, flow := range listed(t, s.Scripts) {
			want = append(want, "ok "+s.Name+" "+flow)
		}
	}
	list, err := json.Marshal(stages)
	if err != nil {
		t.Fatal(err)
	}
	got := e.run(t, "flows.mjs", pictures(t), string(list))
	for _, line := range got {
		if !strings.HasPrefix(line, "ok ") {
			t.Error(line)
		} else if !slices.Contains(want, line) {
			t.Errorf("%q is not in pages/flows/README.md", line)
		}
	}
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("no %q", line)
		}
	}
	for _, s := range stages {
		_ = s.daemon.cmd.Wait() // its last flow stops it
		if code := s.daemon.cmd.ProcessState.ExitCode(); code != 0 {
			t.Errorf("%s: the collector that was stopped by its page ended with %d", s.Name, code)
		}
	}
}
