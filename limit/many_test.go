package limit

import (
	"context"
	"fmt"
	"testing"
	"time"

	"collector/connectors"
)

// TestManyAccountsCostNoMemory: what a process keeps of each quota that it was answered
// for is bounded, and the rows tell what it has forgotten.
func TestManyAccountsCostNoMemory(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	l := New(rowOf{}, "a", func() time.Time { return now })
	quota := connectors.Quota{Name: "core", Scope: connectors.PerAccount, N: 100, Per: time.Hour, Report: connectors.Report{Remaining: "left"}}
	for i := range 3 * mostOffsets {
		p := &Permit{ledger: l, needs: []Need{{Key: fmt.Sprint("x/core/", i), Quota: quota, Cost: 1}}, ids: []string{"-"}}
		answer := &Answer{At: now, Date: now.Add(time.Hour)}
		if i%2 == 1 { // the call was not sent
			answer = nil
		}
		if _, err := l.Settle(t.Context(), p, answer); err != nil {
			t.Fatal(err)
		}
		if n := max(len(l.offsets), len(l.anchors), len(l.batches), len(l.asking)); n > mostOffsets {
			t.Fatalf("after %d accounts it keeps something of %d", i+1, n)
		}
	}
	r := Row{Key: "x/core/0", Ahead: time.Hour}
	if l.adopt(&r); l.offset(r.Key) != time.Hour {
		t.Errorf("the clock of a quota that was forgotten is ahead by %v", l.offset(r.Key))
	}
}

// rowOf is a store that keeps nothing.
type rowOf struct{}

func (rowOf) UpdateQuotas(_ context.Context, keys []string, fn func([]*Row) error) error {
	var rows []*Row
	for _, k := range keys {
		rows = append(rows, &Row{Key: k})
	}
	return fn(rows)
}

func (rowOf) Owing(context.Context, []string) ([]string, error) { return nil, nil }

func (rowOf) Quotas(context.Context, string) ([]Row, error) { return nil, nil }
