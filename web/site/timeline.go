package site

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"collector/control"
	plain "collector/control/words"
	"collector/state"
	"collector/web/page"
	"collector/web/page/words"
)

// What is said where steps are not known.
const (
	notHere  = "What it did step by step is kept by the process that ran it, until that ends or needs the room."
	unknown  = "Nothing is known of this run any more: of each list the last 20 runs are kept."
	leftOut  = "They are in the middle of a long run, and are counted and not kept."
	firstFew = 16 // steps before those that are left out
)

// runPath is the page of one run of a list.
func runPath(list page.Path, ended time.Time) page.Path {
	before := "?"
	if strings.Contains(string(list), "?") {
		before = "&"
	}
	return list + page.Path(before+url.Values{"run": {ended.UTC().Truncate(time.Millisecond).Format(time.RFC3339Nano)}}.Encode())
}

// timeline tells of a run, the last one unless another is asked for, of the next one, and of
// those before. The status is that of the page: a run of which nothing is known is not there.
func (v *visit) timeline(p *page.NetworkPage, e control.Explained) (status int, err error) {
	runs, to := e.Runs, v.listPath(e.User, e.Network.Network)
	p.RunName = "Last run"
	for i := len(runs) - 2; i >= 0; i-- {
		r := page.Run{At: v.at(runs[i]), Text: whatRan(runs[i]), Tick: tick(runs[i])}
		if runs[i].At != nil && e.RanAt(*runs[i].At) != nil {
			r.To = runPath(to, *runs[i].At)
		}
		p.Runs = append(p.Runs, r)
	}
	asked := v.r.URL.Query().Get("run")
	if asked == "" {
		v.lastRun(p, e)
		return http.StatusOK, nil
	}
	ended, err := time.Parse(time.RFC3339Nano, asked)
	if err != nil {
		return 0, wrong("choose a run on the page of its list", "the time of the run cannot be read")
	}
	at := slices.IndexFunc(runs, func(r control.Run) bool { return r.At != nil && r.At.Equal(ended.Truncate(time.Millisecond)) })
	ran := e.RanAt(ended)
	if at >= 0 && at == len(runs)-1 {
		v.lastRun(p, e)
		return http.StatusOK, nil
	}
	p.RunName, p.Newest = "Earlier run", to
	if at < 0 && ran == nil {
		p.NotKept = unknown
		return http.StatusNotFound, nil
	}
	run := control.Run{At: &ended}
	if at >= 0 {
		run = runs[at]
	}
	v.oneRun(p, run, ran, at >= 0)
	return http.StatusOK, nil
}

// lastRun tells of the last run, and of the next one as it is planned now.
func (v *visit) lastRun(p *page.NetworkPage, e control.Explained) {
	n := e.Network
	if len(n.Runs) > 0 {
		last := n.Runs[len(n.Runs)-1]
		v.oneRun(p, last, e.LastRan, true)
		switch {
		case e.LastRan != nil:
			if k := len(e.LastRan.Steps) - 1; k >= 0 && e.LastRan.Steps[k].Kind == "next" { // the plan may have changed since
				p.Steps = p.Steps[:len(p.Steps)-1]
			}
		case n.Error != nil && last.Fault != "":
			p.Steps[0].Text = words.Plain(sentence(n.Error.Text) + " " + blame(n.Error.Whose, n.Error.Next))
		}
	}
	why, because := nextRun(n, v.now)
	next := page.Step{Title: "Next run", Text: why.And(words.Plain(" " + because))}
	switch {
	case n.Running && !n.Paused:
		next.Text = words.Plain(readNow)
	case n.Next != nil:
		next.At = words.Will(*n.Next, v.now)
		next.Text = words.Plain(sentence(n.Reason))
	}
	p.Steps = append(p.Steps, next)
}

// oneRun tells of a run that ended, step by step where its steps are known. counted says that
// it is known what it came to.
func (v *visit) oneRun(p *page.NetworkPage, r control.Run, ran *control.Ran, counted bool) {
	if ran == nil {
		tone := page.Good
		switch tick(r) {
		case page.RunWaited:
			tone = page.Wait
		case page.RunFailed:
			tone = page.Bad
		}
		p.LastRun = v.at(r).And(words.Plain(" · " + outcome(r)))
		p.Steps = []page.Step{{Tone: tone, Title: didWhat(r), At: v.at(r), Text: words.Plain(sentence(outcome(r)))}}
		p.NotKept = notHere
		return
	}
	said := []string{"", control.Lasted(time.Duration(ran.TookMS) * time.Millisecond), plain.Many(ran.Calls, "call", "calls")}
	if counted {
		said = append(said, words.Number(r.Added)+" new")
	}
	if r.Fault != "" {
		said = append(said, r.Fault)
	}
	p.LastRun = v.at(r).And(words.Plain(strings.Join(said, " · ")))
	for i, s := range ran.Steps {
		if i == firstFew && ran.Left > 0 {
			p.Steps = append(p.Steps, page.Step{Title: plain.Many(ran.Left, "more step", "more steps"), Text: words.Plain(leftOut)})
		}
		p.Steps = append(p.Steps, v.step(s))
	}
}

// step is one step of a run.
func (v *visit) step(s control.Step) page.Step {
	out := page.Step{Title: s.Title, Text: words.Plain(sentence(s.Text))}
	if s.At != nil {
		at := s.At.In(v.now.Location())
		out.At = words.Moment(at, at.Format("15:04:05.000"))
	}
	if s.TookMS > 0 {
		out.Took = control.Lasted(time.Duration(s.TookMS) * time.Millisecond)
	}
	switch {
	case s.Call != nil:
		out.Text = words.Code(s.Call.Method + " " + s.Call.Path).And(words.Plain(" " + s.Text + "."))
		switch {
		case s.Call.Status == http.StatusTooManyRequests:
			out.Tone = page.Wait
		case s.Call.Status == 0 || s.Call.Status >= http.StatusBadRequest:
			out.Tone = page.Bad
		}
	case s.Kind == "claimed" && s.By != "" && v.operates(): // what runs where
		out.Text = words.Plain(sentence("by " + s.By + ", " + s.Text))
	case s.Kind == "paced", s.Kind == "limited":
		out.Tone = page.Wait
	case s.Kind == "failed":
		out.Tone = page.Bad
		out.Text = words.Plain(sentence(s.Text) + " " + blame(s.Whose, s.Do))
	case s.Kind == "next" && s.Then != nil:
		out.Text = words.Plain("Planned for ").And(words.Was(*s.Then, v.now), words.Plain(". "+sentence(s.Text)))
	}
	return out
}

// failures are how often a list failed in a row, from when on and when last; none where it
// did not.
func (v *visit) failures(f *control.Failure) words.Phrase {
	if f == nil || f.Failures == 0 {
		return nil
	}
	out := words.Plain(words.Number(f.Failures) + " in a row")
	if f.Since != nil && f.Failures > 1 {
		out = out.And(words.Plain(", the first "), words.Was(*f.Since, v.now))
	}
	if f.At != nil {
		out = out.And(words.Plain(", the last "), words.Was(*f.At, v.now))
	}
	return out
}

// scrubbed takes secrets out of a text that others made.
func (v *visit) scrubbed(text string) string {
	if v.Clean == nil {
		return text
	}
	return v.Clean(text)
}

// listsByName are lists by whose they are and their names.
func listsByName(own []state.Network) map[[2]string]state.Network {
	out := map[[2]string]state.Network{}
	for _, n := range own {
		out[[2]string{n.User, n.Name()}] = n
	}
	return out
}

// toRun leads a line of the activity to the run that it tells of, where that is known.
func toRun(line page.Event, e control.Event, lists map[[2]string]state.Network) page.Event {
	switch e.What {
	case "wait", "fail":
		line.Link.To = runPath(line.Link.To, *e.At)
	case "change":
		if ended, known := runOf(lists[[2]string{e.User, e.Network}], *e.At, e.Kind); known {
			line.Link.To = runPath(line.Link.To, ended)
		}
	}
	return line
}

// runOf is the run of a list that a change belongs to: the first one that ended after it. An
// import is none, and the run that goes on is not known yet.
func runOf(n state.Network, changed time.Time, kind string) (ended time.Time, known bool) {
	if kind == "import" || len(n.Runs) == 0 || changed.Before(n.Runs[0].At) && len(n.Runs) == mostKept {
		return time.Time{}, false
	}
	for _, r := range n.Runs {
		if !r.At.Before(changed) {
			return r.At, true
		}
	}
	return time.Time{}, false
}

// mostKept is how many runs the state of a list tells of.
const mostKept = 20
