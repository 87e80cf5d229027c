package limit

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"collector/connectors"
)

// used are the levels of a course.
func used(c Course) (out []int) {
	for _, p := range c.Points {
		out = append(out, p.Used)
	}
	return out
}

// spender calls a service through a ledger whose rows are remembered.
type spender struct {
	*testing.T
	rows  *table
	past  *Past
	l     *Ledger
	now   time.Time
	spent int // as the service counts
	end   time.Time
}

const coreOfX = "x/core/1"

func newSpender(t *testing.T) *spender {
	s := &spender{T: t, rows: &table{rows: map[string]string{}}, now: time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)}
	s.restart()
	return s
}

// restart is another process over the same rows.
func (s *spender) restart() {
	clock := func() time.Time { return s.now }
	s.past = NewPast(clock)
	s.l = New(s.past.Store(s.rows), "p", clock)
}

// call is one that costs so much.
func (s *spender) call(cost int) {
	s.Helper()
	p, err := s.l.Take(s.Context(), []Need{{Key: coreOfX, Quota: core}}, Poll)
	if err != nil {
		s.Fatal(err)
	}
	if !s.end.After(s.now) {
		s.spent, s.end = 0, s.now.Add(core.Per)
	}
	s.spent += cost
	left := core.N - s.spent
	if _, err := s.l.Settle(s.Context(), p, &Answer{At: s.now, Date: s.now, Usage: map[string]Usage{core.Name: {Limit: core.N, Left: &left, Reset: s.end}}}); err != nil {
		s.Fatal(err)
	}
}

func (s *spender) row() Row {
	s.Helper()
	rows, err := s.rows.Quotas(s.Context(), coreOfX)
	if err != nil || len(rows) != 1 {
		s.Fatal(len(rows), err)
	}
	return rows[0]
}

// TestPastOfWindows is what was used when, in this window and the one before it; what is
// asked for and costs nothing is no use, and what somebody else used is seen with our next call.
func TestPastOfWindows(t *testing.T) {
	s := newSpender(t)
	begun := s.now
	for _, cost := range []int{1, 0, 1, 0, 100, 1} {
		s.call(cost)
		s.now = s.now.Add(10 * time.Minute)
	}
	first := s.past.Of(core, s.row(), s.now.Add(-time.Second))
	if len(first) != 1 || !first[0].Begin.Equal(begun) || !first[0].End.Equal(begun.Add(time.Hour)) || !first[0].Since.IsZero() || !slices.Equal(used(first[0]), []int{1, 2, 102, 103}) {
		t.Fatalf("of the first window: %+v", first)
	}
	if at := first[0].Points[2].At; !at.Equal(begun.Add(40 * time.Minute)) {
		t.Errorf("the hundred were used at %s", at)
	}
	r := s.row()
	if n, known := r.Others(core, s.now.Add(-time.Second)); n != 103-6 || !known {
		t.Errorf("%d are others', %v: of 103 six may be ours", n, known)
	}
	if _, known := r.Others(core, r.End); known {
		t.Error("of a window that has ended it is known what others use in the present one")
	}
	s.now = s.now.Add(5 * time.Minute)
	if got := s.past.Of(core, s.row(), s.now); len(got) != 1 || got[0].End.After(s.now) {
		t.Errorf("after the window: %+v", got)
	}
	s.call(1)
	s.now = s.now.Add(time.Minute)
	s.call(2)
	both := s.past.Of(core, s.row(), s.now)
	if len(both) != 2 || !slices.Equal(used(both[0]), []int{1, 2, 102, 103}) || !slices.Equal(used(both[1]), []int{1, 3}) || !both[1].Since.IsZero() || both[0].End.After(both[1].Begin) {
		t.Errorf("of both windows: %+v", both)
	}
	s.now = s.end.Add(core.Per + time.Minute)
	if got := s.past.Of(core, s.row(), s.now); len(got) != 0 {
		t.Errorf("long after: %+v", got)
	}
}

// TestPastBeginsWithTheProcess: what was used before is a level, at no time.
func TestPastBeginsWithTheProcess(t *testing.T) {
	s := newSpender(t)
	s.call(10)
	s.now = s.now.Add(20 * time.Minute)
	began := s.now
	s.restart()
	if got := s.past.Of(core, s.row(), s.now); len(got) != 1 || len(got[0].Points) != 0 || !got[0].Since.Equal(s.now) {
		t.Errorf("before a call: %+v", got)
	}
	if got := (*Past)(nil).Of(core, s.row(), s.now); len(got) != 1 || len(got[0].Points) != 0 || !got[0].Since.Equal(s.now) {
		t.Errorf("where nothing is remembered: %+v", got)
	}
	s.call(1)
	got := s.past.Of(core, s.row(), s.now)
	if len(got) != 1 || !slices.Equal(used(got[0]), []int{10, 11}) || !got[0].Since.Equal(began) {
		t.Errorf("after a call: %+v", got)
	}
}

// TestPastOfARefusal: while nothing may be called all is used, as the meter says.
func TestPastOfARefusal(t *testing.T) {
	s := newSpender(t)
	s.call(1)
	p, err := s.l.Take(t.Context(), []Need{{Key: coreOfX, Quota: core}}, Poll)
	if err == nil {
		_, err = s.l.Settle(t.Context(), p, &Answer{At: s.now, Limited: &Limited{Wait: 10 * time.Minute, Reason: "429"}})
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := s.past.Of(core, s.row(), s.now); len(got) != 1 || !slices.Equal(used(got[0]), []int{1, core.N}) {
		t.Errorf("%+v", got)
	}
}

// TestPastOfChangesAtOneTime: one that is heard of late does not take the new window away.
// A row that is another one begins anew, with less of an epoch.
func TestPastOfChangesAtOneTime(t *testing.T) {
	at := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	row := func(epoch int64, used int, end time.Time) standing {
		return standing{key: coreOfX, epoch: epoch, used: used, end: end}
	}
	first, second := at.Add(time.Minute), at.Add(time.Hour)
	var l lately
	l.note(standing{}, row(1, 7, first), at)
	l.note(row(1, 8, first), row(2, 1, second), first)
	l.note(row(1, 7, first), row(1, 8, first), first)
	if l.before.epoch != 1 || l.last.epoch != 2 || !l.last.since.IsZero() || len(l.last.points) != 1 {
		t.Errorf("%+v", l)
	}
	l.note(standing{}, row(1, 3, second.Add(time.Hour)), second)
	if l.last.epoch != 1 || len(l.last.points) != 1 || l.last.points[0].Used != 3 {
		t.Errorf("of the row that is new: %+v", l.last)
	}
}

// TestPastIsBounded in points and in quotas, and keeps the last of both.
func TestPastIsBounded(t *testing.T) {
	var w seen
	for i := range 10 * mostPoints {
		w.add(Point{At: time.Unix(int64(i*i), 0), Used: i + 1})
	}
	if n := len(w.points); n != mostPoints || w.points[0].Used != 1 || w.points[n-1].Used != 10*mostPoints {
		t.Errorf("%d points: %v", n, w.points)
	}
	if !slices.IsSortedFunc(w.points, func(a, b Point) int { return a.At.Compare(b.At) }) {
		t.Errorf("not by time: %v", w.points)
	}
	w.add(Point{At: time.Unix(0, 0), Used: 1})
	if n := len(w.points); w.points[n-1].At.Before(w.points[n-2].At) {
		t.Error("a clock that was set back leads back")
	}
	p := NewPast(time.Now)
	for i := range 4 * mostPast {
		p.of(fmt.Sprint("key", i)).last.epoch = int64(i)
		p.of("kept")
	}
	if n := len(p.young) + len(p.old); n > 2*mostPast {
		t.Errorf("%d quotas are remembered", n)
	}
	if p.of(fmt.Sprint("key", 4*mostPast-1)).last.epoch == 0 || p.of("key0").last.epoch != 0 {
		t.Error("the last one is forgotten, or the first one is not")
	}
}

// TestPastOfARollingQuota is in its row: each call at its time, for as long as it counts.
func TestPastOfARollingQuota(t *testing.T) {
	q := connectors.Quota{Name: "calls", Scope: connectors.PerAccount, Unit: "calls", N: 10, Per: 10 * time.Minute, Rolling: true, Report: connectors.Report{Body: true}}
	now := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	ago := func(m int) time.Time { return now.Add(time.Duration(-m) * time.Minute) }
	r := Row{Key: "x", Limit: 10, Rolling: true, Exact: true, Log: []Spend{{ago(2), 1, Poll}, {ago(11), 5, Poll}, {ago(8), 2, Backfill}, {ago(2), 3, ""}}, Used: 11, End: ago(1)}
	got := (*Past)(nil).Of(q, r, now)
	if len(got) != 1 || !slices.Equal(used(got[0]), []int{2, 6}) || !got[0].Points[0].At.Equal(ago(8)) || !got[0].Begin.Equal(ago(10)) || !got[0].End.Equal(now) {
		t.Errorf("%+v", got)
	}
	if n, known := r.Others(q, now); n != 3 || !known {
		t.Errorf("%d are others', %v", n, known)
	}
	if len(r.Log) != 4 || r.Used != 11 {
		t.Errorf("looking has changed the row: %+v", r)
	}
	p := NewPast(func() time.Time { return now })
	err := p.Store(&table{rows: map[string]string{}}).UpdateQuotas(t.Context(), []string{"x"}, func(rows []*Row) error {
		rows[0].Rolling = true
		return nil
	})
	if err != nil || len(p.young) != 0 {
		t.Errorf("what the row knows is remembered beside it: %v, %v", p.young, err)
	}
}

// TestWindowsOfACalendar begin with the day or the month.
func TestWindowsOfACalendar(t *testing.T) {
	for c, want := range map[connectors.Calendar][2]time.Time{
		connectors.MonthUTC:   {time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)},
		connectors.DayUTC:     {time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)},
		connectors.DayPacific: {time.Date(2026, 3, 9, 7, 0, 0, 0, time.UTC), time.Date(2026, 3, 8, 8, 0, 0, 0, time.UTC)}, // summer time begins
	} {
		if got := begins(connectors.Quota{Per: time.Hour, Calendar: c}, want[0]); !got.Equal(want[1]) {
			t.Errorf("%d: %s, want %s", c, got, want[1])
		}
	}
}
