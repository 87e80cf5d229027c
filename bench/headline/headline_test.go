package headline

import (
	"testing"
	"time"

	"collector/bench/figure"
	"collector/bench/process"
)

func TestOneServiceGetsAsManySlotsAsAreWanted(t *testing.T) {
	for _, flying := range []int{1, 8, 256, 768} {
		workers := slots(flying)
		if got := workers - workers/4; got < flying || got > flying+1 { // as package scheduler shares them
			t.Errorf("%d workers give one service %d slots, not %d", workers, got, flying)
		}
	}
}

func TestPagesOfALongList(t *testing.T) {
	for likes, want := range map[int]int{1: 2, 100: 2, 101: 6, 20_000: 402} {
		b := Rig{likes: likes, accounts: make([]account, 2)}
		if got := b.pages(); got != want {
			t.Errorf("%d likes of two: %d pages, not %d", likes, got, want)
		}
	}
}

func TestLinesAreMedians(t *testing.T) {
	used := func(seconds ...int) (out []process.Used) {
		for _, s := range seconds {
			out = append(out, process.Used{Wall: time.Duration(s) * time.Second, CPU: 2 * time.Duration(s) * time.Second, Peak: float64(10 * s)})
		}
		return out
	}
	b := Rig{Run: figure.Run{Repeats: 3}, accounts: make([]account, 1000)}
	fs := b.lines(100*time.Millisecond, round{
		ours: used(3, 9, 4), bare: used(2, 2, 5), search: used(4, 8, 8), oursAgain: used(3, 3, 3), bareAgain: used(2, 2, 2),
	})
	want := map[string][2]float64{
		"headline/100ms/wall": {4, 2}, "headline/100ms/searchable": {4, 8}, "headline/100ms/cpu": {8, 4}, "headline/100ms/cpu-searchable": {8, 16},
		"headline/100ms/memory": {40, 0}, "headline/100ms/rate": {15_000, 0}, "headline/100ms/again/wall": {3, 2}, "headline/100ms/again/cpu": {6, 4},
	}
	for _, f := range fs {
		if w, ok := want[f.Name]; !ok || w != [2]float64{f.Ours, f.Floor} {
			t.Errorf("%s: %v, %v", f.Name, f.Ours, f.Floor)
		}
		delete(want, f.Name)
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
}
