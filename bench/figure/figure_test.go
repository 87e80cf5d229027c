package figure

import "testing"

func TestReached(t *testing.T) {
	for _, c := range []struct {
		f    Figure
		want bool
	}{
		{Figure{Ours: 5}, true},
		{Figure{Ours: 3, Floor: 2, Limit: 1.5}, true},
		{Figure{Ours: 3.1, Floor: 2, Limit: 1.5}, false},
		{Figure{Ours: 3, Limit: 2}, false},
		{Figure{Ours: 99, Limit: 99, AtLeast: true}, true},
		{Figure{Ours: 98, Limit: 99, AtLeast: true}, false},
		{Figure{Ours: 3, Floor: 2, Limit: 1.6, AtLeast: true}, false},
	} {
		if got := c.f.Reached(); got != c.want {
			t.Errorf("%+v: %v", c.f, got)
		}
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		of   []float64
		want float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{9, 1, 4}, 4}, {[]float64{9, 1, 4, 2}, 3}} {
		if got := Median(c.of); got != c.want {
			t.Errorf("%v: %v", c.of, got)
		}
	}
}
