package connectors

import (
	"testing"
	"time"

	"collector/item"
)

func TestOrdered(t *testing.T) {
	list := func(days ...int) (out []item.Item) {
		for _, d := range days {
			it := item.Item{}
			if d > 0 {
				it.LikedAt = time.Date(2024, 1, d, 0, 0, 0, 0, time.UTC)
			}
			out = append(out, it)
		}
		return out
	}
	for _, c := range []struct {
		days     []int
		down, up bool
	}{
		{nil, true, true},
		{[]int{5}, true, true},
		{[]int{5, 5, 5}, true, true},
		{[]int{0, 0}, true, true},
		{[]int{1, 2, 0, 3}, false, true},
		{[]int{3, 0, 2, 2, 1}, true, false},
		{[]int{3, 1, 2}, false, false},
		{[]int{2, 0, 3}, false, true},
	} {
		if down, up := Ordered(list(c.days...), true), Ordered(list(c.days...), false); down != c.down || up != c.up {
			t.Errorf("%v: newest first %v, oldest first %v", c.days, down, up)
		}
	}
}
