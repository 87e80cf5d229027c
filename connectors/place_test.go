package connectors

import (
	"fmt"
	"testing"

	"collector/fault"
	"collector/item"
)

func TestPlaceAsText(t *testing.T) {
	info := Info{Name: "x", PageSize: 100}
	for at, want := range map[Cursor]struct {
		place       Place
		page, asked int
	}{
		"":               {Place{}, 1, 50},
		"100/230/50/2":   {Place{100, 230, 50, 2, 0}, 3, 50},
		"99/230/50/2":    {Place{99, 230, 50, 2, 0}, 2, 50},
		"0/9/200/7":      {Place{From: 0, Total: 9, Size: 200, Step: 7}, 1, 100},
		"100/110/50/2/1": {Place{100, 110, 50, 2, 1}, 2, 50},
	} {
		got, err := PlaceOf(info, Query{Cursor: at})
		if err != nil || got != want.place || got.Page() != want.page || got.Asked(info, Query{PageSize: 50}) != want.asked {
			t.Errorf("%q is %+v, page %d of %d, %v", at, got, got.Page(), got.Asked(info, Query{PageSize: 50}), err)
		}
	}
	for _, at := range []Cursor{"1", "1/2/3", "-1/2/3/4", "1/-2/3/4", "1/2/0/4", "1/2/3/0", "01/2/3/4", "1/2/3/4/5", "9/9/3/4/0", "9/9/3/4/-1", "9/9/3/4/1/1", "1/2/3/4 ", "a/b/c/d", "99999999999999999999/2/3/4"} {
		if got, err := PlaceOf(info, Query{Cursor: at}); fault.KindOf(err) != fault.Bug {
			t.Errorf("%q is %+v, %v", at, got, err)
		}
	}
}

// TestNothingMovesPastAPlace: a list is read by places while likes are taken back and
// made, in every way in which up to five changes of six kinds can fall between its pages.
// A page behind the end is empty, or is not there.
func TestNothingMovesPastAPlace(t *testing.T) {
	for way := range 7 * 7 * 7 * 7 * 7 {
		for _, lost := range []bool{false, true} {
			past(t, way, lost)
		}
	}
}

func past(t *testing.T, way int, lost bool) {
	const size, likes = 3, 7
	list := make([]int, likes) // newest first
	for i := range list {
		list[i] = likes - i
	}
	stays, seen, born := map[int]bool{}, map[int]bool{}, likes
	for _, id := range list {
		stays[id] = true
	}
	at, change := Place{}, way
	for range 40 {
		var page Page
		start := (at.Page() - 1) * size
		gone := lost && start >= len(list) && start > 0
		for i := start; i < min(start+size, len(list)); i++ {
			page.Items = append(page.Items, item.Item{ID: fmt.Sprint(list[i])})
		}
		if !gone {
			at.Onward(&page, size, len(list), false)
		} else if err := at.Before(&page); err != nil {
			t.Fatal(err)
		}
		if page.Doubt != "" {
			return // a sweep follows
		}
		for _, it := range page.Items {
			var id int
			if _, err := fmt.Sscan(it.ID, &id); err != nil {
				t.Fatal(err)
			}
			seen[id] = true
		}
		if page.Next == "" {
			break
		}
		var err error
		if at, err = PlaceOf(Info{}, Query{Cursor: page.Next}); err != nil {
			t.Fatal(err)
		}
		switch what := change % 7; {
		case what == 0: // nothing changes
		case what < 4 && what <= len(list): // one of the newest three is taken back
			delete(stays, list[what-1])
			list = append(list[:what-1:what-1], list[what:]...)
		case what == 4: // a new one
			born++
			list = append([]int{born}, list...)
		case what == 5 && len(list) > 2: // two are taken back, and one comes
			delete(stays, list[0])
			delete(stays, list[1])
			born++
			list = append([]int{born}, list[2:]...)
		case what == 6: // the newest four are taken back
			for _, id := range list[:min(4, len(list))] {
				delete(stays, id)
			}
			list = list[min(4, len(list)):]
		}
		change /= 7
	}
	for id := range stays {
		if !seen[id] {
			t.Fatalf("way %d, pages are lost %v: like %d was there all along and is missed", way, lost, id)
		}
	}
}
