package main

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"collector/imports"
)

// importReport is what `import --json` prints.
type importReport struct {
	Schema   int            `json:"schema"`
	DryRun   bool           `json:"dryRun"`
	Format   string         `json:"format"`
	MadeAt   *time.Time     `json:"madeAt"` // when the export was made, as far as is known
	Read     int            `json:"read"`   // entries of all kinds
	Networks []*importTally `json:"networks"`
	LeftOut  []*importGroup `json:"leftOut"`
	Unread   []*importGroup `json:"unreadable"`
}

// importTally is what became of the likes of one list.
type importTally struct {
	User     string `json:"user"`
	Network  string `json:"network"`
	Imported bool   `json:"imported"` // it is kept, and not collected
	Read     int    `json:"read"`
	Added    int    `json:"added"`
	Changed  int    `json:"changed"`
	Known    int    `json:"known"`
}

// importGroup is what was not imported for one reason.
type importGroup struct {
	Reason string   `json:"reason"`
	N      int      `json:"n"`
	Where  []string `json:"where"` // the first of them
}

// Limits of what a report tells.
const (
	importReasons  = 50
	importExamples = 5
)

func newImportReport(format string, made time.Time) *importReport {
	return &importReport{Schema: 1, Format: format, MadeAt: stamp(made), Networks: []*importTally{}, LeftOut: []*importGroup{}, Unread: []*importGroup{}}
}

// see counts an entry.
func (r *importReport) see(e imports.Entry) {
	r.Read++
	switch {
	case e.Err != nil:
		r.Unread = grouped(r.Unread, plain(e.Err.Error()), e.Where)
	case e.Left != "":
		r.LeftOut = grouped(r.LeftOut, e.Left, e.Where)
	}
}

func grouped(groups []*importGroup, reason, where string) []*importGroup {
	i := slices.IndexFunc(groups, func(g *importGroup) bool { return g.Reason == reason })
	if i < 0 && len(groups) == importReasons {
		reason = "other reasons"
		i = slices.IndexFunc(groups, func(g *importGroup) bool { return g.Reason == reason })
	}
	if i < 0 {
		i = len(groups)
		groups = append(groups, &importGroup{Reason: reason})
	}
	g := groups[i]
	if g.N++; len(g.Where) < importExamples {
		g.Where = append(g.Where, plain(where))
	}
	return groups
}

// network is the tally of a network.
func (r *importReport) network(user, name string, imported bool) *importTally {
	i := slices.IndexFunc(r.Networks, func(t *importTally) bool { return t.User == user && t.Network == name })
	if i < 0 {
		i = len(r.Networks)
		r.Networks = append(r.Networks, &importTally{User: user, Network: name, Imported: imported})
	}
	return r.Networks[i]
}

func (r *importReport) added() (n int) {
	for _, t := range r.Networks {
		n += t.Added
	}
	return n
}

func inGroups(groups []*importGroup) (n int) {
	for _, g := range groups {
		n += g.N
	}
	return n
}

// sayImport tells what an import came to. What could not be read makes it a failure.
func (a *app) sayImport(r *importReport, b bringing) error {
	r.DryRun = b.dry
	for _, groups := range [][]*importGroup{r.LeftOut, r.Unread} {
		slices.SortStableFunc(groups, func(a, b *importGroup) int { return cmp.Compare(b.N, a.N) })
	}
	if b.json {
		if err := newJSONOut(a.out, false).write(r); err != nil {
			return err
		}
	}
	for _, t := range r.Networks {
		kept := ""
		if t.Imported {
			kept = " (kept, not collected)"
		}
		if b.dry {
			a.say("%s would go to %s%s", many(t.Read, "like", "likes"), line(t.Network), kept)
			continue
		}
		a.say("%s %s%s: %s added, %s changed, %s known", a.tick(), line(t.Network), kept, count(t.Added), count(t.Changed), count(t.Known))
	}
	a.sayGroups("left out", r.LeftOut)
	a.sayGroups("not read", r.Unread)
	switch n := inGroups(r.Unread); {
	case n > 0:
		next := "all else is imported; correct the places above and import it again, or leave it so"
		if b.dry {
			next = "correct the places above, or import it without them"
		}
		return you(exitPermanent, next, "%s could not be read", many(n, "entry", "entries"))
	case len(r.Networks) == 0:
		a.say("there are no likes in it")
	}
	return nil
}

func (a *app) sayGroups(what string, groups []*importGroup) {
	for _, g := range groups {
		more := ""
		if g.N > len(g.Where) {
			more = " …"
		}
		a.say("! %s: %s: %s (%s%s)", what, many(g.N, "entry", "entries"), line(g.Reason), line(strings.Join(g.Where, "; ")), more)
	}
}
