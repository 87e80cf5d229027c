package chart

import (
	"fmt"
	"html/template"
	"strings"
	"time"

	"collector/web/page/words"
)

// Stair is what was left of a quota in its window and the one before: full at the
// beginning of each, falling with each use, and ending now.
type Stair struct {
	Name     string    // of the quota as a sentence begins, where there are several; ""
	Windows  []Window  // by time, one after another
	Now      time.Time // where the line ends; its location decides how clocks read
	Left, Of int       // what is left now, and what a full window holds
	Unit     string    // "calls", plural
	Full     time.Time // when all of it is there again; zero not known
	More     time.Time // of a rolling quota, when there is more again; zero not known
	Blocked  time.Time // no call before; zero none
	Others   int       // how much of what was used others with the same sign-in used at least
	// Held is how much is held back for polls at the end of a window; 0 draws no line.
	Held   int
	Remark string // how the line came about: a sentence that is said where one is drawn
}

// Window is a part of the time that is drawn.
type Window struct {
	From, Until time.Time
	Since       time.Time // before, nothing is known; zero: it is known from the beginning
	Uses        []Use     // by time
}

// Use is one observation: what was left from then on.
type Use struct {
	At   time.Time
	Left int
}

// clock is a moment to come in a sentence: "at 15:00", "tomorrow 08:00".
func (s Stair) clock(t time.Time) string {
	c := words.Clock(t, s.Now)
	if strings.IndexByte(c, ':') == 2 {
		return "at " + c
	}
	return c
}

func (s Stair) caption(drawn bool) Caption {
	c := Caption{Finding: words.Left(s.Left, s.Of, s.Unit).String()}
	if s.Name != "" {
		c.Finding = s.Name + ": " + c.Finding
	}
	c.Remark = "at " + s.Now.Format("15:04")
	switch {
	case !s.Blocked.IsZero():
		c.Remark += ", no call before " + words.Clock(s.Blocked, s.Now)
	case !s.Full.IsZero():
		c.Remark += ", full again " + s.clock(s.Full)
	case !s.More.IsZero():
		c.Remark += ", more again " + s.clock(s.More)
	}
	c.Remark += "."
	if s.Others > 0 && s.Blocked.IsZero() {
		c.Remark += fmt.Sprintf(" Of the %s used, other programs with the same sign-in used at least %s.", words.Number(s.Of-s.Left), words.Number(s.Others))
	}
	if drawn && s.Remark != "" {
		c.Remark += " " + s.Remark
	}
	return c
}

// spans are the windows that are drawn: a time that is not over is drawn to its end.
func (s Stair) spans() (from, until time.Time, uses int) {
	if len(s.Windows) == 0 {
		return s.Now, s.Now, 0
	}
	for _, w := range s.Windows {
		uses += len(w.Uses)
	}
	from, until = s.Windows[0].From, s.Windows[len(s.Windows)-1].Until
	if until.Before(s.Now) {
		until = s.Now
	}
	return from, until, uses
}

// label is how a time under the chart reads, by how long the whole is.
func label(t time.Time, whole time.Duration) string {
	switch {
	case whole > 50*time.Hour:
		return t.Format("2 Jan")
	case whole <= 10*time.Minute:
		return t.Format("15:04:05")
	}
	return t.Format("15:04")
}

// HTML draws the chart.
func (s Stair) HTML() (template.HTML, error) {
	from, until, uses := s.spans()
	f := figure{Stretch: true, Few: uses < least || s.Of <= 0 || !until.After(from)}
	f.Caption = s.caption(!f.Few)
	if f.Few {
		return f.html()
	}
	whole := until.Sub(from)
	x := func(t time.Time) float64 { return min(max(float64(t.Sub(from))/float64(whole)*100, 0), 100) }
	y := func(left int) float64 { return 100 - min(max(float64(left)/float64(s.Of)*100, 0), 100) }
	var p steps
	for i, w := range s.Windows {
		if i > 0 {
			p.to(x(s.Windows[i-1].Until), 0)
		}
		list := w.Uses
		switch {
		case w.Since.IsZero():
			p.to(x(w.From), 0)
		case len(list) == 0:
			p.lift()
			continue
		default:
			p.lift()
			p.to(x(list[0].At), y(list[0].Left))
		}
		for _, u := range list {
			p.to(x(u.At), y(u.Left))
		}
	}
	if last := s.Windows[len(s.Windows)-1]; last.Since.IsZero() || len(last.Uses) > 0 {
		end := y(s.Left)
		if last.Until.Before(s.Now) { // it is over, and all is there again
			p.to(x(last.Until), 0)
			end = 0
		}
		p.to(x(s.Now), end)
	}
	p.lift()
	f.Line, f.Area = p.line.String(), p.area.String()
	f.Y = [3]string{words.Number(s.Of), words.Number(s.Of / 2), "0"}
	at := func(t time.Time) string { return label(t.In(s.Now.Location()), whole) }
	f.X = []string{at(from), at(from.Add(whole / 2)), at(until)}
	f.Label = s.label(at)
	if s.Held > 0 {
		f.Goal, f.Band, f.Held = num(y(s.Held)), num(y(s.Held)), num(100-y(s.Held))
		f.Keys = []Key{{Text: fmt.Sprintf("Below the dashed line (%s) only polls may call.", words.Number(s.Held))}}
	}
	return f.html()
}

// label is the drawing in words: of each window, when it was and how far it fell.
func (s Stair) label(at func(time.Time) string) string {
	var said []string
	for i, w := range s.Windows {
		begin, last := w.From, s.Of
		if !w.Since.IsZero() {
			begin = w.Since
		}
		first := s.Of
		if n := len(w.Uses); n > 0 {
			if last = w.Uses[n-1].Left; !w.Since.IsZero() {
				first = w.Uses[0].Left
			}
		}
		if i == len(s.Windows)-1 && !w.Until.Before(s.Now) {
			last = s.Left
		}
		said = append(said, fmt.Sprintf("between %s and %s from %s down to %s", at(begin), at(w.Until), words.Number(first), words.Number(last)))
	}
	return words.First(s.Unit) + " left: " + strings.Join(said, ", ")
}

// steps is a line of steps with the area below it.
type steps struct {
	line, area strings.Builder
	drawing    bool
	x, y       float64
}

// to goes on at the present height to x, and there up or down to y; it begins there where
// nothing is drawn.
func (p *steps) to(x, y float64) {
	if p.drawing && x == p.x && y == p.y {
		return
	}
	letter := "L"
	if !p.drawing {
		letter, p.drawing = "M", true
		fmt.Fprintf(&p.area, "M%s 100L%s %s", num(x), num(x), num(y))
	} else {
		if x != p.x && y != p.y {
			step := "L" + num(x) + " " + num(p.y)
			p.line.WriteString(step)
			p.area.WriteString(step)
		}
		fmt.Fprintf(&p.area, "L%s %s", num(x), num(y))
	}
	fmt.Fprintf(&p.line, "%s%s %s", letter, num(x), num(y))
	p.x, p.y = x, y
}

// lift ends the line, and what is below it.
func (p *steps) lift() {
	if p.drawing {
		fmt.Fprintf(&p.area, "L%s 100Z", num(p.x))
	}
	p.drawing = false
}
