package chart

import (
	"fmt"
	"html/template"
	"strings"
	"time"

	"collector/web/page/words"
)

// Stair is what was left of a quota in its window: full at the beginning, falling
// with each use, and ending now.
type Stair struct {
	From, Until time.Time // the window
	Now         time.Time // where the line ends; its location decides how clocks read
	Of          int       // what a full window holds
	Unit        string    // "calls", plural
	Uses        []Use     // by time
	Others      int       // how much of what was used others with the same sign-in used
	// Held is how much is held back for polls at the end of a window; 0 draws no line.
	Held int
}

// Use is one observation: what was left from then on.
type Use struct {
	At   time.Time
	Left int
}

// left is what is left now.
func (s Stair) left() int {
	if len(s.Uses) == 0 {
		return s.Of
	}
	return s.Uses[len(s.Uses)-1].Left
}

func (s Stair) caption() Caption {
	at := func(t time.Time) string { return t.In(s.Now.Location()).Format("15:04") }
	c := Caption{Finding: words.Left(s.left(), s.Of, s.Unit).String()}
	c.Remark = fmt.Sprintf("at %s, full again at %s.", at(s.Now), at(s.Until))
	ours := s.Of - s.left() - s.Others
	if s.Others > 0 {
		c.Remark += fmt.Sprintf(" We used %s; other programs with the same sign-in used %s.", words.Number(ours), words.Number(s.Others))
	}
	return c
}

// HTML draws the chart.
func (s Stair) HTML() (template.HTML, error) {
	f := figure{Stretch: true, Caption: s.caption(), Few: len(s.Uses) < least || s.Of <= 0 || !s.Until.After(s.From)}
	if f.Few {
		return f.html()
	}
	at := func(t time.Time) string { return t.In(s.Now.Location()).Format("15:04") }
	x := func(t time.Time) float64 {
		return min(max(float64(t.Sub(s.From))/float64(s.Until.Sub(s.From))*100, 0), 100)
	}
	y := func(left int) float64 { return 100 - min(max(float64(left)/float64(s.Of)*100, 0), 100) }
	var line strings.Builder
	line.WriteString("M0 0")
	last := 0.0
	for _, u := range s.Uses {
		fmt.Fprintf(&line, "L%s %sL%s %s", num(x(u.At)), num(last), num(x(u.At)), num(y(u.Left)))
		last = y(u.Left)
	}
	fmt.Fprintf(&line, "L%s %s", num(x(s.Now)), num(last))
	f.Line = line.String()
	f.Area = "M0 100L" + strings.TrimPrefix(f.Line, "M") + "L" + num(x(s.Now)) + " 100Z"
	f.Y = [3]string{words.Number(s.Of), words.Number(s.Of / 2), "0"}
	f.X = []string{at(s.From), at(s.From.Add(s.Until.Sub(s.From) / 2)), at(s.Until)}
	f.Label = fmt.Sprintf("%s left between %s and %s: from %s down to %s", words.First(s.Unit), at(s.From), at(s.Until), words.Number(s.Of), words.Number(s.left()))
	if s.Held > 0 {
		f.Goal, f.Band, f.Held = num(y(s.Held)), num(y(s.Held)), num(100-y(s.Held))
		f.Keys = []Key{{Text: fmt.Sprintf("Below the dashed line (%s) only polls may call.", words.Number(s.Held))}}
	}
	return f.html()
}
