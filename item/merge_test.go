package item

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// items draws observations of one like, close enough to collide.
func items(t *rapid.T, label string) Item {
	text := rapid.SampledFrom([]string{"", "a", "b"})
	at := rapid.Custom(func(t *rapid.T) time.Time {
		if rapid.Bool().Draw(t, "known") {
			return time.Unix(int64(rapid.IntRange(1, 3).Draw(t, "second")), 0).UTC()
		}
		return time.Time{}
	})
	it := Item{
		ID: "1", URL: "https://a.example/" + text.Draw(t, label+" url"), Kind: text.Draw(t, label+" kind"),
		Title: text.Draw(t, label+" title"), Text: text.Draw(t, label+" text"),
		Author: Author{Name: text.Draw(t, label+" author")}, Image: text.Draw(t, label+" image"),
		Tags:     rapid.SliceOfN(rapid.SampledFrom([]string{"x", "y"}), 0, 2).Draw(t, label+" tags"),
		Language: text.Draw(t, label+" language"), Private: rapid.Bool().Draw(t, label+" private"),
		CreatedAt: at.Draw(t, label+" created"), Bare: rapid.Bool().Draw(t, label+" bare"),
		Raw: json.RawMessage(`"` + text.Draw(t, label+" raw") + `"`),
	}
	if it.LikedFrom = rapid.SampledFrom([]Source{"", FromAPI, FromOrder, FromFirstSeen}).Draw(t, label+" from"); it.LikedFrom != "" {
		it.LikedAt = time.Unix(int64(rapid.IntRange(1, 3).Draw(t, label+" liked")), 0).UTC()
	}
	return it
}

func TestMergeKeepsWhatIsKnown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		was, now := items(t, "was"), items(t, "now")
		got := Merge(was, now)

		if again := Merge(got, now); !reflect.DeepEqual(again, got) {
			t.Fatalf("merged twice:\n%+v\nonce:\n%+v", again, got)
		}
		if same := Merge(was, was); !reflect.DeepEqual(same, was) {
			t.Fatalf("an item merged with itself changed:\n%+v\n%+v", same, was)
		}

		content := now
		if now.Bare && !was.Bare {
			content = was
			content.URL = now.URL
		}
		content.LikedAt, content.LikedFrom = got.LikedAt, got.LikedFrom
		if !reflect.DeepEqual(got, content) {
			t.Fatalf("content is\n%+v\nwant\n%+v", got, content)
		}

		if rank(got.LikedFrom) > min(rank(was.LikedFrom), rank(now.LikedFrom)) {
			t.Fatalf("like time from %q, known were %q and %q", got.LikedFrom, was.LikedFrom, now.LikedFrom)
		}
		from := now
		if rank(was.LikedFrom) < rank(now.LikedFrom) || was.LikedFrom == FromFirstSeen && now.LikedFrom == FromFirstSeen {
			from = was
		}
		if got.LikedFrom != from.LikedFrom || !got.LikedAt.Equal(from.LikedAt) {
			t.Fatalf("like time %v %q, want %v %q", got.LikedAt, got.LikedFrom, from.LikedAt, from.LikedFrom)
		}
	})
}

func TestAFilledItemIsNeverEmptied(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kept := items(t, "first")
		kept.Bare = false
		for i := range rapid.IntRange(1, 5).Draw(t, "observations") {
			now := items(t, "later")
			now.Bare = true
			next := Merge(kept, now)
			if next.Bare || next.Text != kept.Text || next.Title != kept.Title || next.Author != kept.Author {
				t.Fatalf("observation %d emptied %+v to %+v", i, kept, next)
			}
			kept = next
		}
	})
}

// TestHashSeesWhatAReaderSees changes each field in turn.
func TestHashSeesWhatAReaderSees(t *testing.T) {
	base := Item{ID: "1", URL: "https://a.example/", LikedFrom: FromAPI, LikedAt: time.Unix(5, 0)}
	seen := map[uint64]string{base.Hash(): "nothing"}
	for name, change := range map[string]func(*Item){
		"ID": func(i *Item) { i.ID = "2" }, "URL": func(i *Item) { i.URL += "x" }, "Kind": func(i *Item) { i.Kind = "x" },
		"Title": func(i *Item) { i.Title = "x" }, "Text": func(i *Item) { i.Text = "x" }, "Image": func(i *Item) { i.Image = "x" },
		"Author.Name": func(i *Item) { i.Author.Name = "x" }, "Author.URL": func(i *Item) { i.Author.URL = "x" }, "Author.Avatar": func(i *Item) { i.Author.Avatar = "x" },
		"a tag": func(i *Item) { i.Tags = []string{"x"} }, "two tags": func(i *Item) { i.Tags = []string{"x", "x"} }, "Language": func(i *Item) { i.Language = "x" },
		"Private": func(i *Item) { i.Private = true }, "Bare": func(i *Item) { i.Bare = true },
		"CreatedAt": func(i *Item) { i.CreatedAt = time.Unix(1, 0) }, "LikedAt": func(i *Item) { i.LikedAt = time.Unix(6, 0) },
		"LikedAt by a nanosecond": func(i *Item) { i.LikedAt = time.Unix(5, 1) }, "LikedFrom": func(i *Item) { i.LikedFrom = FromOrder },
	} {
		it := base
		change(&it)
		if was, again := seen[it.Hash()]; again {
			t.Errorf("%s: the same hash as with %s changed", name, was)
		}
		seen[it.Hash()] = name
	}
	if n := reflect.TypeFor[Item]().NumField(); n != 15 {
		t.Errorf("Item has %d fields: say in Hash and here whether a reader sees the new one", n)
	}
}

func TestHashIgnoresWhatIsNotTheService(t *testing.T) {
	a := Item{ID: "1", URL: "https://a.example/", CreatedAt: time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC), LikedFrom: FromFirstSeen, LikedAt: time.Unix(5, 0)}
	b := a
	b.Raw, b.LikedAt = json.RawMessage(`{"stars":9}`), time.Unix(99, 0)
	b.CreatedAt = b.CreatedAt.In(time.FixedZone("CET", 3600))
	b.Tags = []string{}
	if a.Hash() != b.Hash() {
		t.Error("Raw, the time of first sight, a time's zone and an empty list change the hash")
	}
}

// TestHashIsStable: a store keeps hashes, so a new build must compute the same.
func TestHashIsStable(t *testing.T) {
	it := Item{ID: "101", URL: "https://a.example/101", Kind: "post", Title: "T", Text: "é", Tags: []string{"x", "y"}, CreatedAt: time.Unix(1700000000, 5).UTC(), LikedAt: time.Unix(1700000001, 0), LikedFrom: FromAPI}
	if got, want := it.Hash(), uint64(0xcad47cbdeb61d44d); got != want {
		t.Errorf("hash is %#x, was %#x when stores were written", got, want)
	}
}
