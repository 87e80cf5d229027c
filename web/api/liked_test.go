package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"collector/control"
	"collector/item"
	"collector/state"
)

// TestASearchIsBoundedInBytes: where the items of a page have more text than an answer holds, fewer
// come, and the next page goes on behind them.
func TestASearchIsBoundedInBytes(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		got, err := w.store.Claim(ctx, state.Claim{Owner: "test", Now: noon.Add(2 * time.Hour), Until: noon.Add(3 * time.Hour), Network: "anna-github"})
		w.must(err)
		var list []item.Item
		for i, size := range []int{1 << 20, 4 << 20, 4 << 20, 9 << 20, 100} {
			list = append(list, item.Item{
				ID: fmt.Sprint("long", i), Kind: "repository", Title: "boundless", Text: strings.Repeat("x", size), URL: fmt.Sprint("https://github.example/long/", i),
				LikedAt: noon.Add(-48 * time.Hour), LikedFrom: item.FromAPI,
			})
		}
		_, err = w.store.Commit(ctx, got[0].Lease, state.Page{ID: "anna-github/2/1", Kind: "poll", Walk: 2, ObservedAt: noon, Items: list, After: state.Progress{Mode: state.Normal, Condition: state.OK, ScheduledTo: noon, Walks: 2}})
		w.must(err)
		for _, sort := range []string{"newest", "best"} {
			after, seen := "", map[string]int{}
			for page := 0; page < 10; page++ {
				var found control.Results
				w.ok("anna", "GET", "/api/search?q=boundless&limit=1000&sort="+sort+"&after="+after, "", &found)
				size := 0
				for _, it := range found.Items {
					seen[it.ID]++
					size += len(it.Text)
				}
				if size > control.SearchBytes && len(found.Items) > 1 || len(found.Items) == 0 {
					t.Errorf("%s, page %d: %d items of %d bytes", sort, page, len(found.Items), size)
				}
				if after = found.Next; after == "" {
					break
				}
			}
			if len(seen) != 5 || after != "" {
				t.Errorf("%s: found %v, then %q", sort, seen, after)
			}
			for id, n := range seen {
				if n != 1 {
					t.Errorf("%s: %s came %d times", sort, id, n)
				}
			}
		}
	})
}
