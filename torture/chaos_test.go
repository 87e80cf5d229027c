package torture

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"collector/simulate"
)

// chaos is what happens to the world of a soak: people like and take back, pause
// and ask for a sync, connect more accounts; services fail; a process dies.
type chaos struct {
	*rig
	plan   soakPlan
	rnd    *rand.Rand
	keys   []string
	paused string // the network that a person paused last
	deaths []time.Time
	struck int
}

// weather is what services do wrong all the time, each by chance. A credential
// that is refused once is tried again after a minute: not in a short soak.
func weather(long bool) []simulate.Fault {
	faults := []simulate.Fault{
		// Not at Bluesky: there one host's limit says nothing of the other's.
		{Kind: simulate.Limit, Service: simulate.GitHub, Chance: 0.002, Wait: 5 * time.Second},
		{Kind: simulate.Limit, Service: simulate.GitHub, Chance: 0.001, Wait: 5 * time.Second, Retry: "date"},
		{Kind: simulate.Limit, Service: simulate.Mastodon, Chance: 0.002, Wait: 5 * time.Second},
		{Kind: simulate.Secondary, Service: simulate.GitHub, Chance: 0.0005, Wait: 5 * time.Second},
		{Kind: simulate.Status, Status: http.StatusServiceUnavailable, Chance: 0.004},
		{Kind: simulate.Status, Status: http.StatusBadGateway, Chance: 0.004},
		{Kind: simulate.Status, Status: http.StatusInternalServerError, Chance: 0.002},
		{Kind: simulate.Reset, Chance: 0.005},
		{Kind: simulate.Cut, Chance: 0.004},
		{Kind: simulate.CutJSON, Chance: 0.002},
		{Kind: simulate.HTML, Chance: 0.001},
		{Kind: simulate.Empty, Chance: 0.001},
		{Kind: simulate.Slow, Chance: 0.005, Wait: 2 * time.Second},
	}
	if long {
		faults = append(faults, simulate.Fault{Kind: simulate.Hang, Chance: 0.0003}, simulate.Fault{Kind: simulate.Unauthorized, Chance: 0.001})
	}
	return faults
}

// begin makes nine tenths of the accounts; the others are connected meanwhile.
func (c *chaos) begin() {
	c.connect(c.plan.accounts * 9 / 10)
	for _, f := range weather(c.plan.long) {
		c.sim.AddFault(f)
	}
}

// connect adds accounts with histories of different lengths. Few are Mastodon's:
// one address has 300 calls in five minutes there, for all its accounts.
func (c *chaos) connect(n int) {
	services := []string{simulate.GitHub, simulate.Bluesky}
	var specs []simulate.Spec
	for range n {
		i := len(c.keys) + len(specs)
		service := services[i%2]
		if i%20 == 19 {
			service = simulate.Mastodon
		}
		specs = append(specs, simulate.Spec{Service: service, Name: fmt.Sprintf("user%d", i), Likes: 10 + c.rnd.IntN(110)})
	}
	c.add(specs...)
	for _, sp := range specs {
		c.keys = append(c.keys, sp.Service+"/"+sp.Name)
	}
}

// like changes one list: mostly a new like, else one taken back or made again.
func (c *chaos) like() {
	key := c.keys[c.rnd.IntN(len(c.keys))]
	var err error
	switch c.rnd.IntN(5) {
	case 0:
		_, err = c.sim.Unlike(key, "")
	case 1:
		_, err = c.sim.Relike(key, "")
	default:
		_, err = c.sim.Like(key, 1+c.rnd.IntN(3))
	}
	if err != nil && len(c.sim.Likes(key)) > 0 {
		c.t.Fatal(err)
	}
}

// touch is what a person does: go on with what was paused, pause another
// network, ask for one, connect some more.
func (c *chaos) touch(at time.Duration) {
	name, other := c.anyone(), c.anyone()
	if name == "" {
		return // nobody's name is known yet
	}
	if c.paused != "" {
		c.ask("accounts", "resume", c.paused)
	}
	c.ask("accounts", "pause", name)
	c.paused = name
	if c.rnd.IntN(4) == 0 {
		c.ask("sync", "--full", other)
	} else {
		c.ask("sync", other)
	}
	// All have come before the time that is judged: what each account takes is no leak.
	share := min(1, 6*at.Seconds()/soak.Seconds())
	due := c.plan.accounts*9/10 + int(share*float64(c.plan.accounts/10))
	if more := min(due, c.plan.accounts) - len(c.keys); more > 0 {
		c.connect(more)
	}
}

// anyone is the name of a network whose account is known.
func (c *chaos) anyone() (name string) {
	c.query(&name, "SELECT coalesce((SELECT service || '/' || account FROM networks WHERE ended = 0 AND remote_id <> '' ORDER BY random() LIMIT 1), '')")
	return name
}

// ask runs a command that must succeed.
func (c *chaos) ask(args ...string) {
	c.t.Helper()
	if err := c.command(args...).Run(); err != nil {
		c.t.Errorf("%v: %v\n%s", args, err, c.tail())
	}
}

// end clears the weather and connects who is missing.
func (c *chaos) end() {
	if c.paused != "" {
		c.ask("accounts", "resume", c.paused)
	}
	for _, kind := range simulate.Kinds() {
		c.struck += c.sim.Struck(kind)
	}
	c.sim.ClearFaults()
	c.sim.SetLatency(0, 0)
	if more := c.plan.accounts - len(c.keys); more > 0 {
		c.connect(more)
	}
	if c.struck == 0 || len(c.deaths) == 0 {
		c.t.Errorf("%d faults struck, %d processes were killed: the soak proves nothing", c.struck, len(c.deaths))
	}
}

// compare holds the store against the truth, and the calls against what is
// excused by a death: a refusal that was told about when a process died, which a
// slow machine had not let it write down yet, was told to nobody.
func (c *chaos) compare() {
	c.compareItems()
	strays := 0
	for _, v := range c.sim.Violations() {
		told := v.At.Add(-v.Since)
		unheard := slices.ContainsFunc(c.deaths, func(d time.Time) bool {
			after := told.Sub(d)
			return -200*time.Millisecond < after && after < time.Second && d.Before(v.At)
		})
		switch {
		case v.Kind == simulate.Early && unheard:
			c.t.Logf("told to a process that died %v", v)
		case v.Kind == simulate.Parallel:
			strays++
		default:
			c.t.Errorf("violation: %v", v)
		}
	}
	if strays > len(c.deaths) {
		c.t.Errorf("%d calls beside another on one credential, more than one a death (%d)", strays, len(c.deaths))
	}
}
