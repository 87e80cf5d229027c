package record

import (
	"maps"
	"slices"
	"strings"
)

// A list may be read in the order of its ids (GitLab's is), so invented numbers stand
// to each other as those that they replace: of the same length, they grow alike. That
// tells which of two is the greater one, and nothing else.

// order invents the numbers that stand for ids, of each length together.
func (d *disguise) order() {
	byLength := map[int][]string{}
	for _, n := range slices.Sorted(maps.Keys(d.numbers)) {
		byLength[len(n)] = append(byLength[len(n)], n)
	}
	for _, length := range slices.Sorted(maps.Keys(byLength)) {
		ids := byLength[length]
		for range tries {
			if shown := d.growing(length, len(ids)); shown != nil && !same(ids, shown) {
				for i, n := range ids {
					d.known[n], d.used[shown[i]] = shown[i], true
				}
				break
			}
		}
	}
}

// tries is how often numbers are drawn; where none fit, as where nearly all of a length
// are ids, they are invented one by one, in any order.
const tries = 50

// growing draws so many different numbers of a length, in their order, or none.
func (d *disguise) growing(length, n int) []string {
	drawn := map[string]bool{}
	like := strings.Repeat("1", length)
	for range tries * n {
		if len(drawn) == n {
			return slices.Sorted(maps.Keys(drawn))
		}
		drawn[d.shape(like)] = true
	}
	return nil
}

// same tells whether a number would stand for itself.
func same(ids, shown []string) bool {
	for i, n := range ids {
		if shown[i] == n {
			return true
		}
	}
	return false
}
