package simulate

import (
	"fmt"
	"testing"
)

// BenchmarkPage is what a full page costs the service itself: the floor under
// every benchmark that runs against it.
func BenchmarkPage(b *testing.B) {
	for service, url := range map[string]string{
		GitHub:   list + "&direction=asc",
		Mastodon: "https://social.example/api/v1/favourites?limit=40",
		Bluesky:  "https://bsky.social/xrpc/com.atproto.repo.listRecords?collection=app.bsky.feed.like&limit=100&repo=",
	} {
		b.Run(service, func(b *testing.B) {
			s := New(Options{Seed: 3, Now: clockAt().now, KeepRequests: 10, Budgets: map[string][]Budget{service: {}}})
			a, err := s.AddAccount(Spec{Service: service, Name: "mira", Likes: 230})
			if err != nil {
				b.Fatal(err)
			}
			token := a.Tokens[0]
			if service == Bluesky {
				url, token = url+a.ID, ""
			}
			for b.Loop() {
				if rep := get(s, url, token); rep.status != 200 {
					b.Fatal(fmt.Sprint(rep))
				}
			}
		})
	}
}
