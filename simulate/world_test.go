package simulate

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestWorldsAreTheirSeeds: the same seed and calls give the same world, answers
// and changes; another seed another one.
func TestWorldsAreTheirSeeds(t *testing.T) {
	run := func(seed uint64) string {
		clock := clockAt()
		s := New(Options{Seed: seed, Now: clock.now})
		out := ""
		for _, service := range []string{GitHub, Mastodon, Bluesky} {
			a := add(t, s, Spec{Service: service, Likes: 50, PerDay: Rates{Like: 30, Unlike: 10, Relike: 5}})
			if err := s.AddChurn(Churn{Account: a.Key, Chance: 0.5}); err != nil {
				t.Fatal(err)
			}
			clock.t = clock.t.Add(36 * time.Hour)
			url := map[string]string{GitHub: list, Mastodon: fed + "/favourites", Bluesky: xrpc + "com.atproto.repo.listRecords?collection=app.bsky.feed.like&repo=" + a.ID}[service]
			token := a.Tokens[0]
			if service == Bluesky {
				token = session(t, s, a).Access
			}
			for range 4 {
				out += get(s, url, token).body
			}
			out += fmt.Sprint(s.Likes(a.Key), s.Former(a.Key), a)
		}
		return out
	}
	if first, again := run(1), run(1); first != again {
		t.Error("the same seed gave two worlds")
	}
	if run(1) == run(2) {
		t.Error("two seeds gave one world")
	}
}

// TestRatesArePassingTime: likes come and go as often as the rates say, however
// often somebody looks, and the list stays in the order of its times.
func TestRatesArePassingTime(t *testing.T) {
	for _, looks := range []int{1, 500} {
		clock := clockAt()
		s := New(Options{Seed: 4, Now: clock.now})
		a := add(t, s, Spec{Service: GitHub, Likes: 500, PerDay: Rates{Like: 40, Unlike: 20, Relike: 10}})
		for range looks {
			clock.t = clock.t.Add(10 * 24 * time.Hour / time.Duration(looks))
			s.Likes(a.Key)
		}
		likes, former := s.Likes(a.Key), s.Former(a.Key)
		if n := len(likes); n < 640 || n > 760 {
			t.Errorf("%d looks: %d likes after ten days, want about 700", looks, n)
		}
		if n := len(former); n < 150 || n > 250 {
			t.Errorf("%d looks: %d taken back, want about 200", looks, n)
		}
		fresh := 0
		for i, l := range likes {
			if i > 0 && !l.At.After(likes[i-1].At) || l.At.After(clock.t) {
				t.Fatalf("%d looks: like %d at %s after %s", looks, i, l.At, likes[i-1].At)
			}
			if l.At.After(clockAt().t) {
				fresh++
			}
		}
		if fresh < 350 {
			t.Errorf("%d looks: %d new or renewed", looks, fresh)
		}
	}
}

func TestRelikeMovesToTheTopWithANewTime(t *testing.T) {
	for _, service := range []string{GitHub, Mastodon, Bluesky} {
		clock := clockAt()
		s := New(Options{Seed: 4, Now: clock.now})
		a := add(t, s, Spec{Service: service, Likes: 10})
		old := s.Likes(a.Key)
		clock.t = clock.t.Add(time.Hour)
		if _, err := s.Relike(a.Key, old[2].ID); err != nil {
			t.Fatal(err)
		}
		gone, err := s.Unlike(a.Key, old[5].ID)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := s.Relike(a.Key, gone); err != nil || back != gone {
			t.Fatal(back, err)
		}
		now := s.Likes(a.Key)
		if len(now) != 10 || len(s.Former(a.Key)) != 0 || now[8].ID != old[2].ID || now[9].ID != gone || !now[8].At.Equal(clock.t) || !now[9].At.After(now[8].At) {
			t.Errorf("%s: %+v", service, now)
		}
	}
}

// TestThingsAreDistinct: ids, names and addresses of many things of many
// accounts are all different.
func TestThingsAreDistinct(t *testing.T) {
	s := New(Options{Seed: 4, Now: clockAt().now})
	seen := map[string]string{}
	for i := range 3 {
		for _, service := range []string{GitHub, Mastodon, Bluesky} {
			a := add(t, s, Spec{Service: service, Likes: 6000})
			acc := s.accounts[a.Key]
			for _, l := range acc.likes {
				for _, id := range []string{service + s.itemID(acc, l), s.fullName(acc, l)} {
					if other, twice := seen[id]; twice && (service != Mastodon || id != service+s.itemID(acc, l)) {
						t.Fatalf("account %d: %s is there twice, the other time in %s", i, id, other)
					}
					seen[id] = a.Key
				}
			}
		}
	}
}

// fullName is what only one repository is called; for posts it is their address.
func (s *Sim) fullName(a *account, l like) string {
	if a.spec.Service == GitHub {
		r := s.repository(a, l.k)
		return r.author.login() + "/" + r.title
	}
	return a.key + s.itemID(a, l)
}

func TestWordsComeAsInRealText(t *testing.T) {
	s := New(Options{Seed: 4, Now: clockAt().now})
	a := add(t, s, Spec{Service: Mastodon, Likes: 2000})
	words, authors, languages := map[string]int{}, map[string]int{}, map[string]int{}
	for _, l := range s.accounts[a.Key].likes {
		p := s.post(s.accounts[a.Key], l.k)
		for _, w := range strings.Fields(p.text) {
			words[strings.Trim(w, ".,?!:")]++
		}
		authors[p.author.login()]++
		languages[p.language]++
	}
	if words["search"] < 20*max(words["zeppelin"], 1) || words["zeppelin"] == 0 || len(words) < 250 {
		t.Errorf("search %d, zeppelin %d, %d words", words["search"], words["zeppelin"], len(words))
	}
	most := 0
	for _, n := range authors {
		most = max(most, n)
	}
	if most < 50 || len(authors) < 1000 {
		t.Errorf("%d authors, the most frequent %d times", len(authors), most)
	}
	if languages["en"] < 1500 || languages["de"] < 50 || languages["es"] < 50 {
		t.Error(languages)
	}
}

func TestNastyTexts(t *testing.T) {
	s := New(Options{Seed: 4, Now: clockAt().now})
	a := add(t, s, Spec{Service: GitHub, Likes: 100, Nasty: true})
	body := get(s, list, a.Tokens[0]).body
	for _, part := range []string{`\u001b[2J`, `=HYPERLINK`, `script\u003ealert`, `\r\nSet-Cookie`, "\u202e", `img src=x onerror`, `onload=alert`, `autofocus onfocus`} {
		if !strings.Contains(body, part) {
			t.Errorf("no %q in a hundred nasty repositories", part)
		}
	}
}

func TestScaledClocks(t *testing.T) {
	clock := clockAt()
	fast := Scaled(clock.now, 60)
	clock.t = clock.t.Add(time.Minute)
	if got := fast().Sub(clockAt().t); got != time.Hour {
		t.Errorf("a minute is %s", got)
	}
}
