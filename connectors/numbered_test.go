package connectors

import (
	"testing"

	"collector/fault"
)

func TestNumberedPages(t *testing.T) {
	info := Info{Name: "x", PageSize: 50}
	for _, c := range []struct {
		at   Cursor
		size int
		want Numbered
	}{
		{"", 0, Numbered{1, 50, 0}},
		{"", 20, Numbered{1, 20, 0}},
		{"", 500, Numbered{1, 50, 0}},
		{"3:20", 50, Numbered{3, 20, 0}},
		{"3:20:121", 50, Numbered{3, 20, 121}},
	} {
		got, err := PageOf(info, Query{Cursor: c.at, PageSize: c.size})
		if err != nil || got != c.want {
			t.Errorf("%q: %+v, %v; want %+v", c.at, got, err, c.want)
		}
	}
	for _, at := range []Cursor{"3", "0:20", "-1:20", "3:0", "3:51", "3:20:", "3:20:-1", "3:20:0", "03:20", "3:20:5:6", "3:20 ", "a:b", "99999999999999999999:20", "/x"} {
		if got, err := PageOf(info, Query{Cursor: at}); fault.KindOf(err) != fault.Bug {
			t.Errorf("%q is %+v, %v", at, got, err)
		}
	}
	for total, want := range map[int]Cursor{0: "4:20", 121: "4:20:121", -5: "4:20"} {
		if got := (Numbered{Page: 3, Size: 20, Total: 7}).Next(total); got != want {
			t.Errorf("of %d: %q, want %q", total, got, want)
		}
	}
}
