package limit

import (
	"cmp"

	"collector/connectors"
	"collector/trace"
)

// answeredLeft is what is left of a row for all that was not answered yet; -1 where it is
// only guessed how much there is.
func (r *Row) answeredLeft(q connectors.Quota) int {
	if reports(q) && !r.Exact {
		return -1
	}
	return max(0, r.Limit-(r.Used-r.Out))
}

// tighter is that of two quotas of which the smaller part is left; a may be nil.
func tighter(a, b *trace.Quota) *trace.Quota {
	if a == nil || cmp.Compare(b.After*max(1, a.Of), a.After*max(1, b.Of)) < 0 {
		return b
	}
	return a
}

// Left is what the call left of the quota that it brought nearest to its end; nil before
// the permit is settled, and where nothing is known.
func (p *Permit) Left() *trace.Quota {
	if p == nil {
		return nil
	}
	return p.left
}
