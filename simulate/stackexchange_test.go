package simulate

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"
)

// unzipped is the text of a packed body.
func unzipped(t *testing.T, body string) string {
	t.Helper()
	z, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatalf("%v: %.80q", err, body)
	}
	out, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(bytes.TrimSpace(out))
}

func TestStackExchangeBehavesAsDocumented(t *testing.T) {
	clock := clockAt()
	s := New(Options{Seed: 1, Now: clock.now, Backoff: 10 * time.Second, Budgets: map[string][]Budget{StackExchange: {{Name: "day", Limit: 100, Per: 24 * time.Hour, Aligned: true}}}})
	a := add(t, s, Spec{Service: StackExchange, Name: "mira", Likes: 130})
	saves := add(t, s, Spec{Service: StackExchange, Name: "lena", Likes: 130, Missing: []string{"favorites"}})
	var packed answer
	ask := func(a Account, path, more string) string {
		var c struct{ Access, ClientID string }
		if err := json.Unmarshal([]byte(a.Tokens[0]), &c); err != nil {
			t.Fatal(err)
		}
		clock.t = clock.t.Add(10 * time.Second)
		packed = get(s, "https://api.stackexchange.com/2.3/"+path+"?access_token="+url.QueryEscape(c.Access)+"&key="+url.QueryEscape(c.ClientID)+more, "")
		return unzipped(t, packed.body)
	}
	list := func(more string) string {
		return ask(a, "me/favorites", "&site=stackoverflow&sort=added&order=desc"+more)
	}
	const one = `"question_id"`
	first := list("&pagesize=100")
	check(t, []behaviour{
		{"packed, though nobody asked for it", packed.header.Get("Content-Encoding"), "gzip"},
		{"pages", count(first, one) + " " + count(list("&pagesize=100&page=2"), one), "100 30"},
		{"default page", count(list(""), one), "30"},
		{"it says whether it goes on", count(first, `"has_more":true`) + count(list("&pagesize=100&page=2"), `"has_more":false`), "11"},
		{"newest favourite first", fmt.Sprint(strings.Index(first, s.Likes(a.Key)[129].ID) < strings.Index(first, s.Likes(a.Key)[128].ID)), "true"},
		{"the quota stands in the body", count(first, `"quota_max":100,"quota_remaining":99`), "1"},
		{"another site is another list", count(ask(a, "me/favorites", "&site=superuser"), one), "0"},
		{"without a site", count(ask(a, "me/favorites", ""), `"error_name":"bad_parameter"`) + fmt.Sprint(packed.status), "1400"},
		{"since favourites became Saves", fmt.Sprint(strings.HasPrefix(ask(saves, "me/favorites", "&site=stackoverflow"), `{"items":[],"has_more":false`), packed.status), "true 200"},
		{"a bad token", count(unzipped(t, get(s, "https://api.stackexchange.com/2.3/me/favorites?site=stackoverflow&access_token=x&key=y", "").body), `"error_id":402`), "1"},
		{"no token", count(unzipped(t, get(s, "https://api.stackexchange.com/2.3/me/favorites?site=stackoverflow", "").body), `"error_id":401`), "1"},
	})
	if v := s.Violations(); len(v) > 0 {
		t.Error(v)
	}
	for range 4 { // one of four asks for a pause, and the next comes too early
		list("")
		clock.t = clock.t.Add(-10 * time.Second)
	}
	if got := kinds(s); !strings.HasPrefix(got, Early) {
		t.Errorf("a call during the pause that a body asked for: %q", got)
	}
}
