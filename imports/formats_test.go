package imports

import (
	"testing"
	"time"
)

func read(t *testing.T, name, format string) []Entry {
	t.Helper()
	return entries(t, format, folder(t, samples()[name]))
}

func TestBookmarks(t *testing.T) {
	same(
		t, read(t, "bookmarks", "bookmarks"),
		`bookmarks link https://example.org/raft?a=1&b=2 "Raft & friends" text "A note about\nconsensus" tags go|distributed systems liked 2023-11-14T22:13:20Z api private yes`,
		`bookmarks link https://example.org/paxos "Paxos made simple" tags to read liked 2023-11-14T22:13:21Z api`,
		`left bookmarks.html, entry 3: no web page (javascript:)`,
		`left bookmarks.html, entry 4: no web page (place:)`,
		`bad bookmarks.html, entry 5: the address is no web address`,
		`bookmarks link http://example.org/ "Example"`,
		`bookmarks link https://example.org/last "Last"`,
	)
}

func TestPocket(t *testing.T) {
	same(
		t, read(t, "pocket", "pocket"),
		`pocket article https://example.org/rust "Rust, slowly" tags programming|rust liked 2023-11-14T22:13:20Z api`,
		`pocket article https://example.org/untitled "" liked 2023-11-14T22:15:00Z api`,
		`bad part_000000.csv, line 4: there is no address`,
	)
	same(
		t, read(t, "pocket, parted", "pocket"),
		`pocket article https://example.org/a "A" liked 2023-11-14T22:13:20Z api`,
		`pocket article https://example.org/b "B" liked 2023-11-14T22:13:20Z api`,
	)
	same(
		t, read(t, "pocket-html", "pocket-html"),
		`pocket article https://example.org/c "See & C" tags a|b liked 2020-09-13T12:26:40Z api`,
		`pocket article https://example.org/d "https://example.org/d"`,
		`left ril_export.html, entry 3: no web page (ftp:)`,
	)
}

// The post of 2021 is the example of the API documents of X, created_at 2021-01-06T18:40:40.000Z.
func TestX(t *testing.T) {
	same(
		t, read(t, "x", "x"),
		`twitter post 1346889436626259969 "" account ada=4711 at https://twitter.com/i/web/status/1346889436626259969 made 2021-01-06T18:40:40.344Z bare yes`,
		`bad like-part1.js, entry 2: the id of the post is missing`,
		`bad like-part1.js, entry 3: it is no like: the field like is missing`,
		`bad like-part1.js, entry 4: it is no like: the whole is a JSON number`,
		`twitter post 1346889436626259968 "" account ada=4711 at https://twitter.com/i/web/status/1346889436626259968 text "Learn how to <em>" made 2021-01-06T18:40:40.344Z bare yes`,
		`twitter post 20 "" account ada=4711 at https://twitter.com/i/web/status/20 text "old" bare yes`,
	)
}

func TestReddit(t *testing.T) {
	same(
		t, read(t, "reddit", "reddit"),
		`reddit-upvoted comment t1_cv1 "generics" at https://www.reddit.com/r/golang/comments/up1/generics/cv1/ bare yes`,
		`reddit-upvoted post t3_up1 "generics" at https://www.reddit.com/r/golang/comments/up1/generics/ bare yes`,
		`left post_votes.csv, line 3: a vote down`,
		`left post_votes.csv, line 4: a vote that was taken back`,
		`bad post_votes.csv, line 5: the direction of the vote is missing`,
		`reddit comment t1_x1 "why maps have no order" at https://www.reddit.com/r/golang/comments/abc12/why_maps_have_no_order/x1/ bare yes`,
		`bad saved_comments.csv, line 3: the comment has no address`,
		`reddit post t3_abc12 "why maps have no order" at https://www.reddit.com/r/golang/comments/abc12/why_maps_have_no_order/ bare yes`,
		`bad saved_posts.csv, line 3: the id is missing, or none of Reddit's`,
	)
}

func TestTakeout(t *testing.T) {
	same(
		t, read(t, "takeout, older", "takeout"),
		`youtube video dQw4w9WgXcA "" at https://www.youtube.com/watch?v=dQw4w9WgXcA liked 2021-05-01T12:00:00Z api bare yes`,
		`bad Mag ich.csv, line 6: this is not the id of a video and a time`,
	)
	same(
		t, read(t, "takeout, newer", "takeout"),
		`youtube video tliked00001 "" at https://www.youtube.com/watch?v=tliked00001 liked 2023-05-05T03:05:05Z api bare yes`,
	)
}

func TestOwn(t *testing.T) {
	got := read(t, "jsonl", "jsonl")
	same(
		t, got,
		`github repository 1 "raft" account octocat= at https://example.org/1 text "two\nlines" tags go|db liked 2026-01-02T03:04:05.678Z order made 2020-01-01T00:00:00Z private yes`,
		`stackexchange  1 "Q" account 7= at https://example.org/1 liked 2026-01-02T03:04:05.678Z api`,
		`bad line 4: this is no item of an export: invalid character 'b' looking for beginning of object key string`,
		`left line 5: taken back when it was exported`,
		`bad line 6: the network "github/octocat" is not that of the service and the account`,
	)
	if it := got[0].Item; it.Author.Avatar != "https://example.org/a.png" || it.Image != "https://example.org/i.png" || got[0].List.User != "anna" {
		t.Errorf("%+v", got[0])
	}
	if want := time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC); !got[0].Seen.Equal(want) || got[1].List.Params[0] != "site" {
		t.Errorf("first seen %v, want %v; params %v", got[0].Seen, want, got[1].List.Params)
	}
	same(
		t, read(t, "csv", "csv"),
		`github repository 1 "=1+1" account octocat= at https://example.org/1 text "'tis\nso" tags go|db liked 2026-01-02T03:04:05.678Z api made 2020-01-01T00:00:00Z private yes`,
	)
}
