package bring

import (
	"cmp"
	"slices"
	"time"

	"collector/control/words"
	"collector/imports"
)

// Report is what an import came to: `import --json` prints it, and the API answers it.
type Report struct {
	Schema   int        `json:"schema"`
	DryRun   bool       `json:"dryRun"`
	Format   string     `json:"format"`
	MadeAt   *time.Time `json:"madeAt"` // when the export was made, as far as is known
	Read     int        `json:"read"`   // entries of all kinds
	Networks []*Tally   `json:"networks"`
	LeftOut  []*Group   `json:"leftOut"`
	Unread   []*Group   `json:"unreadable"`
}

// Tally is what became of the likes of one list.
type Tally struct {
	User     string `json:"user"`
	Network  string `json:"network"`
	Imported bool   `json:"imported"` // it is kept, and not collected
	Read     int    `json:"read"`
	Added    int    `json:"added"`
	Changed  int    `json:"changed"`
	Known    int    `json:"known"`
}

// Group is what was not imported for one reason.
type Group struct {
	Reason string   `json:"reason"`
	N      int      `json:"n"`
	Where  []string `json:"where"` // the first of them
}

// Limits of what a report tells.
const (
	mostReasons  = 50
	mostExamples = 5
)

func newReport(format string, made time.Time) *Report {
	at := made.UTC()
	return &Report{Schema: 1, Format: format, MadeAt: &at, Networks: []*Tally{}, LeftOut: []*Group{}, Unread: []*Group{}}
}

// see counts an entry.
func (r *Report) see(e imports.Entry) {
	r.Read++
	switch {
	case e.Err != nil:
		r.Unread = grouped(r.Unread, words.Plain(e.Err.Error()), e.Where)
	case e.Left != "":
		r.LeftOut = grouped(r.LeftOut, e.Left, e.Where)
	}
}

func grouped(groups []*Group, reason, where string) []*Group {
	i := slices.IndexFunc(groups, func(g *Group) bool { return g.Reason == reason })
	if i < 0 && len(groups) == mostReasons {
		reason = "other reasons"
		i = slices.IndexFunc(groups, func(g *Group) bool { return g.Reason == reason })
	}
	if i < 0 {
		i = len(groups)
		groups = append(groups, &Group{Reason: reason})
	}
	g := groups[i]
	if g.N++; len(g.Where) < mostExamples {
		g.Where = append(g.Where, words.Plain(where))
	}
	return groups
}

// network is the tally of a network.
func (r *Report) network(user, name string, imported bool) *Tally {
	i := slices.IndexFunc(r.Networks, func(t *Tally) bool { return t.User == user && t.Network == name })
	if i < 0 {
		i = len(r.Networks)
		r.Networks = append(r.Networks, &Tally{User: user, Network: name, Imported: imported})
	}
	return r.Networks[i]
}

// Added counts what is new of all lists.
func (r *Report) Added() (n int) {
	for _, t := range r.Networks {
		n += t.Added
	}
	return n
}

// InGroups counts what groups hold together.
func InGroups(groups []*Group) (n int) {
	for _, g := range groups {
		n += g.N
	}
	return n
}

// sorted puts what was most often left out first.
func (r *Report) sorted() {
	for _, groups := range [][]*Group{r.LeftOut, r.Unread} {
		slices.SortStableFunc(groups, func(a, b *Group) int { return cmp.Compare(b.N, a.N) })
	}
}
