package control

import (
	"fmt"
	"strings"
	"time"

	"collector/control/words"
	"collector/trace"
)

// Ran is what a run did, step by step. It is known to the process alone that ran it.
type Ran struct {
	At     *time.Time `json:"at"`    // when it ended: the time of its entry in Network.Runs
	Began  *time.Time `json:"began"` // when it was taken in hand
	TookMS int64      `json:"tookMs"`
	Calls  int        `json:"calls"`                  // to services, sign-ins included
	Steps  []Step     `json:"steps" nullable:"false"` // by when they began
	Left   int        `json:"stepsLeftOut,omitempty"` // in the middle of a long run, after the first 16
}

// Step is one step of a run.
type Step struct {
	Kind   string     `json:"kind"` // "claimed", "paced", "asked", "read", "saved", "removed", "limited", "failed", "next"
	At     *time.Time `json:"at"`
	TookMS int64      `json:"tookMs,omitempty"`
	Title  string     `json:"title"`
	Text   string     `json:"text"`
	By     string     `json:"by,omitempty"`     // the instance; for the operator alone
	Call   *StepCall  `json:"call,omitempty"`   // of "asked"
	Page   *ReadPage  `json:"page,omitempty"`   // of "read"
	Whose  string     `json:"whose,omitempty"`  // of "failed": whose fault it is
	Do     string     `json:"toDo,omitempty"`   // of "failed": what a person can do
	Then   *time.Time `json:"next,omitempty"`   // of "next": when the next run was planned
	LateMS *int64     `json:"lateMs,omitempty"` // of "claimed": after its due time; absent where it was not due yet
}

// StepCall is a call to a service.
type StepCall struct {
	Method string  `json:"method"`
	Path   string  `json:"path"`   // without host and query
	Status int     `json:"status"` // 0: there was no answer
	Quota  *Spared `json:"quota,omitempty"`
}

// Spared is what a call left of the quota that it brought nearest to its end.
type Spared struct {
	Name   string `json:"name"`
	Unit   string `json:"unit"`
	Before *int   `json:"before"` // null where nobody knew
	After  int    `json:"after"`
	Limit  int    `json:"limit"`
}

// ReadPage is what stood in a reply.
type ReadPage struct {
	Items   int `json:"items"`
	New     int `json:"new"`
	Changed int `json:"changed"`
	Gone    int `json:"gone"`        // likes that the service said are gone
	Bad     int `json:"quarantined"` // objects that could not be understood
}

// ransOf are the runs of a network that this process remembers, the oldest first.
func (p *Panel) ransOf(network string) (out []Ran) {
	for _, d := range p.Traces.Of(network) {
		out = append(out, ranOf(d))
	}
	return out
}

func ranOf(d trace.Done) Ran {
	r := Ran{
		At: words.Stamp(d.Ended), Began: words.Stamp(d.Begun), TookMS: d.Took().Milliseconds(),
		Calls: d.Calls, Steps: []Step{}, Left: d.Left,
	}
	for _, s := range d.Steps {
		r.Steps = append(r.Steps, stepOf(s, d.Begun))
	}
	return r
}

// RanAt is what the run did that ended at a time; nil where that is not known here.
func (e Explained) RanAt(at time.Time) *Ran {
	for i := range e.Rans {
		if e.Rans[i].At.Equal(at.Truncate(time.Millisecond)) {
			return &e.Rans[i]
		}
	}
	return nil
}

// lastRan is what the last of the runs that the state tells of did.
func (e Explained) lastRan() *Ran {
	if n := len(e.Runs); n > 0 && e.Runs[n-1].At != nil {
		return e.RanAt(*e.Runs[n-1].At)
	}
	return nil
}

// WithoutMachines leaves out what is the operator's alone: what runs where.
func (e *Explained) WithoutMachines() {
	e.Owner, e.LeaseUntil = "", nil
	for _, r := range e.Rans { // LastRan shares their steps
		for i := range r.Steps {
			r.Steps[i].By = ""
		}
	}
}

func stepOf(s trace.Step, begun time.Time) Step {
	out := Step{Kind: s.Kind.String(), At: words.Stamp(begun.Add(s.At)), TookMS: s.Took.Milliseconds()}
	switch s.Kind {
	case trace.Claimed:
		out.Title, out.Text, out.By = "Claimed", "before its time, as somebody asked for it", s.By
		if s.Late >= 0 {
			late := s.Late.Milliseconds()
			out.LateMS, out.Text = &late, lateness(s.Late)
		}
	case trace.Paced:
		out.Title, out.Text = "Paced", pace(s.Rate)+", so this one waited for its turn"
	case trace.Asked:
		out.Title, out.Text = "Asked for "+words.Line(s.What), answered(int(s.Status))
		out.Call = &StepCall{Method: words.Line(s.Method), Path: words.Line(s.Path), Status: int(s.Status)}
		if q := s.Quota; q != nil {
			out.Call.Quota = &Spared{Name: q.Name, Unit: q.Unit, After: q.After, Limit: q.Of}
			if q.Before >= 0 {
				out.Call.Quota.Before = &q.Before
			}
			out.Text += ". " + out.Call.Quota.sentence()
		}
	case trace.Read:
		out.Title = "Read " + words.Many(int(s.Items), "item", "items")
		out.Page = &ReadPage{int(s.Items), int(s.New), int(s.Changed), int(s.Gone), int(s.Bad)}
		out.Text = out.Page.sentence()
	case trace.Saved:
		out.Title, out.Text = "Saved", words.Line(s.What)
	case trace.Removed:
		out.Title, out.Text = "Marked as gone", words.Many(int(s.Gone), "like", "likes")
	case trace.Limited:
		out.Title, out.Text = "Met a limit", words.Line(s.Text)
	case trace.Failed:
		out.Title, out.Text = "Failed", words.Line(s.Text)
		out.Whose, out.Do = words.Line(s.Whose), words.Line(s.Do)
	case trace.Next:
		out.Title, out.Text, out.Then = "Next run", words.Line(s.Text), words.Stamp(s.Then)
	}
	return out
}

// lateness says how long after its time a run began.
func lateness(d time.Duration) string {
	if d < 10*time.Millisecond {
		return "at its time"
	}
	return Lasted(d) + " after its time"
}

// Lasted writes how long a step or run took: "214 ms", "1.5 s", "2m".
func Lasted(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return words.Span(d)
}

// pace is a rate of calls a second in words.
func pace(rate float64) string {
	if rate > 0 && rate < 1 {
		return fmt.Sprintf("no more than one call in %s is allowed", Lasted(time.Duration(float64(time.Second)/rate)))
	}
	if rate == 1 {
		return "no more than one call a second is allowed"
	}
	return fmt.Sprintf("no more than %g calls a second are allowed", rate)
}

func answered(status int) string {
	switch status {
	case 0:
		return "got no answer"
	case 304:
		return "answered 304: nothing has changed"
	}
	return fmt.Sprintf("answered %d", status)
}

// sentence tells of a quota: "Quota 2,388 → 2,387 of 5,000 calls".
func (s Spared) sentence() string {
	q := Quota{Unit: s.Unit}
	unit := s.Unit
	of := " of " + q.Amount(s.Limit)
	if q.Amount(0) != words.Count(0) { // an amount of money has its unit
		unit = ""
	} else if unit == "" {
		unit = "calls"
	}
	said := "Quota "
	if s.Before != nil && *s.Before != s.After {
		said += q.Amount(*s.Before) + " → "
	}
	return strings.TrimSpace(said + q.Amount(s.After) + of + " " + unit)
}

func (p ReadPage) sentence() string {
	known := max(0, p.Items-p.New-p.Changed)
	parts := []string{words.Count(p.New) + " new", words.Count(known) + " known"}
	if p.Changed > 0 {
		parts = append(parts, words.Count(p.Changed)+" changed")
	}
	if p.Gone > 0 {
		parts = append(parts, words.Count(p.Gone)+" taken back")
	}
	said := strings.Join(parts, ", ")
	if p.Bad > 0 {
		said += "; " + words.Count(p.Bad) + " could not be understood and " + isOrAre(p.Bad) + " kept aside"
	}
	return said
}

func isOrAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}
