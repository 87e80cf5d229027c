package chart

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"collector/web/page/words"
)

// Lag is how late runs start, over time: the median and the 95th percentile.
type Lag struct {
	From, Until  time.Time // in the location in which clocks are read
	Median, Most []time.Duration
	Target       time.Duration
	Remark       string // the reason of a hump, a sentence; "" none
}

// seconds writes a duration for a label: "0.8 s", "15 s".
func seconds(d time.Duration) string {
	if d >= 10*time.Second {
		return fmt.Sprintf("%d s", int(d.Seconds()+.5))
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// middle is the median of values, 0 of none.
func middle(of []time.Duration) time.Duration {
	if len(of) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(of))
	return s[len(s)/2]
}

func (l Lag) caption() Caption {
	if len(l.Median) == 0 {
		return Caption{Finding: "No run has started in this hour."}
	}
	c := Caption{
		Finding: fmt.Sprintf("Half of all runs start within %s of their time,", seconds(middle(l.Median))),
		Remark:  fmt.Sprintf("95 %% within %s.", seconds(middle(l.Most))),
	}
	if l.Remark != "" {
		c.Remark += " " + l.Remark
	}
	return c
}

// HTML draws the chart.
func (l Lag) HTML() (template.HTML, error) {
	f := figure{Stretch: true, Caption: l.caption(), Few: len(l.Median) < least || len(l.Median) != len(l.Most)}
	if f.Few {
		return f.html()
	}
	highest := max(slices.Max(l.Median), slices.Max(l.Most), l.Target, time.Millisecond)
	scale := top(highest.Seconds()*10) / 10
	y := func(d time.Duration) float64 { return 100 - max(d.Seconds(), 0)/scale*100 }
	path := func(of []time.Duration) string {
		var b strings.Builder
		for i, d := range of {
			letter := "L"
			if i == 0 {
				letter = "M"
			}
			fmt.Fprintf(&b, "%s%s %s", letter, num(float64(i)/float64(len(of)-1)*100), num(y(d)))
		}
		return b.String()
	}
	f.Line, f.Second = path(l.Median), path(l.Most)
	f.Y = [3]string{num(scale) + " s", num(scale / 2), "0"}
	clock := func(t time.Time) string { return t.Format("15:04") }
	f.X = []string{clock(l.From), clock(l.From.Add(l.Until.Sub(l.From) / 2)), clock(l.Until)}
	f.Label = fmt.Sprintf("Seconds between due and started from %s to %s: half within %s, 95 %% within %s, at worst %s", clock(l.From), clock(l.Until),
		seconds(middle(l.Median)), seconds(middle(l.Most)), seconds(slices.Max(l.Most)))
	f.Keys = []Key{{"k-a", "half start within"}, {"c1", "95 % start within"}}
	if l.Target > 0 {
		f.Goal = num(y(l.Target))
		f.Keys = append(f.Keys, Key{Text: "dashed: the target, " + words.Span(l.Target)})
	}
	return f.html()
}
