package site

import (
	"time"

	"collector/connectors"
	"collector/control"
	"collector/web/page/chart"
	"collector/web/page/words"
)

// stairs are what is left of the quotas of a list, and how they were used.
func (v *visit) stairs(quotas []control.Course) (out []chart.Stair) {
	for _, c := range quotas {
		b, ok := battery(&c.Quota, v.now)
		if !ok {
			continue
		}
		s := chart.Stair{Now: v.now, Left: b.Left, Of: b.Of, Unit: b.Unit, Remark: v.seen(c)}
		if len(quotas) > 1 {
			s.Name = words.First(c.Name)
		}
		switch {
		case c.Blocked != nil:
			s.Blocked = *c.Blocked
		case c.Resets != nil && c.Rolling:
			s.More = *c.Resets
		case c.Resets != nil:
			s.Full = *c.Resets
		}
		if c.Others != nil {
			s.Others = inUnit(c.Unit, *c.Others)
		}
		for _, w := range c.Windows {
			drawn := chart.Window{From: w.Begins, Until: w.Ends}
			if w.Since != nil {
				drawn.Since = *w.Since
			}
			for _, u := range w.Uses {
				drawn.Uses = append(drawn.Uses, chart.Use{At: u.At, Left: inUnit(c.Unit, max(c.Limit-u.Used, 0))})
			}
			s.Windows = append(s.Windows, drawn)
		}
		out = append(out, s)
	}
	return out
}

// inUnit is an amount as battery draws it: money in cents.
func inUnit(unit string, n int) int {
	if unit == connectors.Mills {
		return n / 10
	}
	return n
}

// seen says how it is known when a quota was used.
func (v *visit) seen(c control.Course) string {
	if len(c.Windows) == 0 {
		return ""
	}
	last := c.Windows[len(c.Windows)-1]
	if c.Rolling {
		return "What is used counts for " + words.Span(last.Ends.Sub(last.Begins).Round(time.Second)) + "."
	}
	since := ""
	if last.Since != nil {
		since = ", since " + last.Since.In(v.now.Location()).Format("15:04")
	}
	return "Drawn as the process that shows this page saw it" + since + ": nothing of it is kept."
}
