package api_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"collector/control"
	"collector/deliver/webhook"
	"collector/item"
	"collector/state"
	"collector/store/memory"
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

// TestActivityIsTold: to a user his own, to the operator also what runs where, and of the address of
// a webhook the host alone.
func TestActivityIsTold(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.must(w.kept.hooks.Note(t.Context(), []webhook.Note{{ID: w.kept.ids["bob webhook"], Health: &webhook.Health{LastOK: noon}}, {ID: w.kept.ids["anna webhook"], Health: &webhook.Health{LastOK: noon}}}))
		told := func(who, q string) (what map[string]int, got control.Activity) {
			t.Helper()
			w.ok(who, "GET", "/api/activity"+q, "", &got)
			what = map[string]int{}
			for _, e := range got.Events {
				what[e.What]++
				if e.Webhook != nil && e.Webhook.Host != "hooks.example" {
					t.Errorf("%s: a webhook at %s", who, e.Webhook.Host)
				}
			}
			return what, got
		}
		for _, c := range []struct {
			who, q                       string
			changes, webhooks, instances int
		}{
			{"anna", "", 2, 1, 0},
			{"anna", "?network=github/anna-hub", 1, 0, 0},
			{"anna", "?kind=webhook", 0, 1, 0},
			{"anna", "?kind=instance", 0, 0, 0},
			{"watcher", "", 4, 0, 0},
			{"operator", "", 4, 2, 1},
			{"operator", "?user=bob", 2, 1, 0},
			{"operator", "?kind=instance", 0, 0, 1},
		} {
			if what, got := told(c.who, c.q); what["change"] != c.changes || what["webhook"] != c.webhooks || what["instance"] != c.instances {
				t.Errorf("%s %s: %+v", c.who, c.q, got.Events)
			}
		}
		_, all := told("operator", "")
		_, older := told("operator", "?before="+strconv.FormatInt(all.Last, 10))
		if older.Older != 0 || len(older.Events) != 3 || older.Events[0].Seq >= all.Last {
			t.Errorf("before %d: %+v", all.Last, older)
		}
		w.refused("anna", "GET", "/api/activity?kind=odd", "", http.StatusUnprocessableEntity, "query.kind")
		w.refused("anna", "GET", "/api/activity?user=bob", "", http.StatusForbidden, "")
	})
}

// TestConnectorsAreFound by words.
func TestConnectorsAreFound(t *testing.T) {
	w := newWorld(t, memory.New())
	var got struct{ Connectors []control.Service }
	w.ok("anna", "GET", "/api/connectors?q=STACK+exch", "", &got)
	if len(got.Connectors) != 1 || got.Connectors[0].Name != "stackexchange" {
		t.Errorf("%+v", got.Connectors)
	}
}
