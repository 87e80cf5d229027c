package torture

import (
	"encoding/json"
	"os/exec"
	"strings"

	"collector/simulate"
)

// edit is something that a person does while an owner is stopped. check holds
// what was asked for against the store, before and after the owner woke; after
// sees that it also has its effect.
type edit struct {
	name  string
	do    func(p *pausing, a simulate.Account)
	check func(p *pausing, a simulate.Account, when string)
	after func(p *pausing, a simulate.Account, when string)
}

var edits = []edit{
	{
		name:  "pause",
		do:    func(p *pausing, a simulate.Account) { p.do("pausing", p.command("accounts", "pause", a.Key)) },
		check: func(p *pausing, a simulate.Account, when string) { p.paused(a, 1, when) },
	},
	{
		name: "resume",
		do: func(p *pausing, a simulate.Account) {
			p.do("pausing", p.command("accounts", "pause", a.Key))
			p.do("resuming", p.command("accounts", "resume", a.Key))
		},
		check: func(p *pausing, a simulate.Account, when string) { p.paused(a, 0, when) },
		after: func(p *pausing, a simulate.Account, when string) { p.complete(a, when) },
	},
	{
		name: "sync --full",
		do:   func(p *pausing, a simulate.Account) { p.do("sync", p.command("sync", "--full", a.Key)) },
		check: func(p *pausing, a simulate.Account, when string) {
			p.count(1, when+": the wish is gone", "SELECT count(*) FROM networks WHERE account = ? AND full_seq = 1 AND sync_seq = 1", a.Name)
		},
		after: func(p *pausing, a simulate.Account, when string) {
			p.await(when+": the full sync", patience, func() bool {
				var done int
				p.query(&done, `SELECT count(*) FROM networks WHERE account = ? AND json_extract(progress, '$.fullDone') = 1
					AND json_extract(progress, '$.sweepDue') IS NOT TRUE AND json_extract(progress, '$.sweep') IS NULL`, a.Name)
				return done == 1
			})
		},
	},
	{
		name: "remove and connect",
		do: func(p *pausing, a simulate.Account) {
			p.do("removing", p.command("accounts", "remove", a.Key, "--yes"))
			p.do("connecting", p.connect(a.Tokens[0]))
		},
		check: func(p *pausing, a simulate.Account, when string) {
			p.count(1, when+": networks", "SELECT count(*) FROM networks WHERE account = ? AND ended = 0", a.Name)
			p.count(1, when+": accounts", "SELECT count(*) FROM accounts WHERE name = ?", a.Name)
		},
		after: func(p *pausing, a simulate.Account, when string) { p.complete(a, when) },
	},
	{
		name: "remove --purge",
		do: func(p *pausing, a simulate.Account) {
			p.do("purging", p.command("accounts", "remove", a.Key, "--purge", "--yes"))
		},
		check: func(p *pausing, a simulate.Account, when string) { p.gone(a, when) },
		after: func(p *pausing, a simulate.Account, when string) { // all of it can be collected anew
			p.do("connecting", p.connect(a.Tokens[0]))
			p.complete(a, when)
		},
	},
	{
		name: "a new token",
		do: func(p *pausing, a simulate.Account) {
			token, err := p.sim.Issue(a.Key)
			if err != nil {
				p.t.Fatal(err)
			}
			p.do("connecting", p.connect(token))
		},
		check: func(p *pausing, a simulate.Account, when string) {
			p.count(1, when+": the new token is not stored", "SELECT count(*) FROM credentials c JOIN accounts a ON a.id = c.account WHERE a.name = ? AND c.version = 2", a.Name)
		},
		after: func(p *pausing, a simulate.Account, when string) {
			p.do("sync", p.command("sync", a.Key))
			asked := len(p.sim.Requests(a.Key))
			p.await(when+": a request after the new token", patience, func() bool { return len(p.sim.Requests(a.Key)) > asked })
			for _, q := range p.sim.Requests(a.Key)[asked:] {
				if !strings.HasSuffix(q.Credential, "#2") {
					p.t.Errorf("%s: the old token was used again: %v with %s", when, q, q.Credential)
				}
			}
		},
	},
}

// connect signs a GitHub account in.
func (r *rig) connect(token string) *exec.Cmd {
	cmd := r.command("connect", "github", "--token-stdin", "--no-input")
	cmd.Stdin = strings.NewReader(token)
	return cmd
}

// count holds a number of rows against what it should be.
func (r *rig) count(want int, what, text string, args ...any) {
	r.t.Helper()
	var got int
	if r.query(&got, text, args...); got != want {
		r.t.Errorf("%s: %d, want %d", what, got, want)
	}
}

func (p *pausing) paused(a simulate.Account, want int, when string) {
	p.t.Helper()
	p.count(want, when+": paused", "SELECT l.paused FROM leases l JOIN networks n ON n.num = l.net WHERE n.account = ?", a.Name)
}

// complete waits until the history of an account is read and holds it against
// the truth.
func (p *pausing) complete(a simulate.Account, when string) {
	p.t.Helper()
	p.await(when+": the rest of the history", patience, func() bool {
		var normal int
		p.query(&normal, "SELECT count(*) FROM networks WHERE account = ? AND ended = 0 AND json_extract(progress, '$.mode') = 'normal'", a.Name)
		return normal == 1
	})
	p.count(len(p.sim.Likes(a.Key)), when+": items", "SELECT coalesce(sum(items), 0) FROM networks WHERE account = ? AND ended = 0", a.Name)
}

// gone holds that nothing of an account is left, whoever was working on it.
func (p *pausing) gone(a simulate.Account, when string) {
	p.t.Helper()
	p.count(0, when+": networks", "SELECT count(*) FROM networks WHERE account = ? OR remote_id = ?", a.Name, a.ID)
	p.count(0, when+": accounts", "SELECT count(*) FROM accounts WHERE name = ? OR remote_id = ?", a.Name, a.ID)
	p.count(0, when+": rows that belong to nobody", `SELECT (SELECT count(*) FROM items WHERE net NOT IN (SELECT num FROM networks))
		+ (SELECT count(*) FROM leases WHERE net NOT IN (SELECT num FROM networks))
		+ (SELECT count(*) FROM changes WHERE net NOT IN (SELECT num FROM networks))
		+ (SELECT count(*) FROM credentials WHERE account NOT IN (SELECT id FROM accounts))`)
}

// owners reads in the logs of all processes which lease each run had: a run
// that was taken over saved nothing afterwards, and no lease was used by two.
func (r *rig) owners() {
	r.t.Helper()
	ended, refused := r.runsEndOnce()
	r.t.Logf("%d runs ended and %d were taken over: none did both", ended, refused)
	if ended == 0 || refused == 0 {
		r.t.Error("the logs tell of no runs, or of none that was taken over: they prove nothing")
	}
}

// runsEndOnce is owners without the demand that runs were taken over.
func (r *rig) runsEndOnce() (all, takenOver int) {
	r.t.Helper()
	ended, refused := map[string]int{}, map[string]int{}
	r.mu.Lock()
	text := r.output.String()
	r.mu.Unlock()
	for line := range strings.Lines(text) {
		var l struct{ Msg, Run string }
		if json.Unmarshal([]byte(line), &l) != nil || l.Run == "" {
			continue
		}
		switch {
		case l.Msg == "run":
			ended[l.Run]++
		case strings.HasPrefix(l.Msg, tookOver):
			refused[l.Run]++
		}
	}
	for run, n := range ended {
		if n > 1 || refused[run] > 0 {
			r.t.Errorf("the run %s ended %d times and was refused %d times", run, n, refused[run])
		}
	}
	return len(ended), len(refused)
}

// mark is a place in what the processes wrote.
func (r *rig) mark() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.output.Len()
}

// said counts a text in what the processes wrote since a mark.
func (r *rig) said(mark int, text string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Count(string(r.output.Bytes()[mark:]), text)
}
