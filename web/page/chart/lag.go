package chart

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	plain "collector/control/words"
	"collector/web/page/words"
)

// Lag is how late runs start, over time: the median and the 95th percentile.
type Lag struct {
	From, Until time.Time // in the location in which clocks are read
	// Median and Most are by time; where no run started they are negative.
	Median, Most []time.Duration
	// Runs is how many started in all, Half and Tail in what time half of them and 95 % did.
	Runs       int
	Half, Tail time.Duration
	Target     time.Duration // 0 draws none
	Remark     string        // whose runs they are, the reason of a hump: sentences; "" none
}

// seconds writes a duration for a label, "0.8 s", "15 s", none shorter than it is.
func seconds(d time.Duration) string {
	up := func(unit time.Duration) time.Duration { return (d + unit - 1).Truncate(unit) }
	switch {
	case d >= 48*time.Hour:
		return words.Span(up(24 * time.Hour))
	case d >= time.Hour:
		return words.Span(up(time.Hour))
	case d >= 2*time.Minute:
		return words.Span(up(time.Minute))
	case d >= 10*time.Second:
		return fmt.Sprintf("%d s", int(up(time.Second).Seconds()))
	}
	return fmt.Sprintf("%.1f s", max(up(100*time.Millisecond), 100*time.Millisecond).Seconds())
}

func (l Lag) caption() Caption {
	c := Caption{Finding: "No run has started in this time.", Remark: l.Remark}
	if l.Runs > 0 {
		c.Finding = fmt.Sprintf("Half of %s started within %s of their time,", plain.Many(l.Runs, "run", "runs"), seconds(l.Half))
		c.Remark = strings.TrimSpace(fmt.Sprintf("95 %% within %s. %s", seconds(l.Tail), l.Remark))
	}
	return c
}

// started is how many points there are.
func (l Lag) started() (n int) {
	for _, d := range l.Median {
		if d >= 0 {
			n++
		}
	}
	return n
}

// HTML draws the chart.
func (l Lag) HTML() (template.HTML, error) {
	f := figure{Stretch: true, Caption: l.caption(), Few: l.started() < least || len(l.Median) != len(l.Most)}
	if f.Few {
		return f.html()
	}
	highest := max(slices.Max(l.Median), slices.Max(l.Most), l.Target, time.Millisecond)
	scale := top(highest.Seconds()*10) / 10
	y := func(d time.Duration) float64 { return 100 - max(d.Seconds(), 0)/scale*100 }
	path := func(of []time.Duration) string {
		var b strings.Builder
		letter := "M"
		for i, d := range of {
			if d >= 0 {
				fmt.Fprintf(&b, "%s%s %s", letter, num(float64(i)/float64(len(of)-1)*100), num(y(d)))
				letter = "L"
			}
		}
		return b.String()
	}
	f.Line, f.Second = path(l.Median), path(l.Most)
	f.Y = [3]string{num(scale) + " s", num(scale / 2), "0"}
	clock := func(t time.Time) string { return t.Format("15:04") }
	f.X = []string{clock(l.From), clock(l.From.Add(l.Until.Sub(l.From) / 2)), clock(l.Until)}
	f.Label = fmt.Sprintf("Time between due and started from %s to %s: half within %s, 95 %% within %s, at worst 95 %% within %s", clock(l.From), clock(l.Until),
		seconds(l.Half), seconds(l.Tail), seconds(slices.Max(l.Most)))
	f.Keys = []Key{{"k-a", "half start within"}, {"c1", "95 % start within"}}
	if l.Target > 0 {
		f.Goal = num(y(l.Target))
		f.Keys = append(f.Keys, Key{Text: "dashed: the target, " + words.Span(l.Target)})
	}
	return f.html()
}
