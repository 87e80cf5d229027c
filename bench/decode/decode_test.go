package decode

import (
	"encoding/json"
	"testing"

	"collector/connectors"
	"collector/connectors/github"
)

// TestBothReadTheSame compares what the connector makes of a page with what the
// standard library reads in it.
func TestBothReadTheSame(t *testing.T) {
	reply, err := Page(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	page, err := github.New().Parse(connectors.Query{PageSize: objects}, reply)
	if err != nil {
		t.Fatal(err)
	}
	var stars []star
	if err := json.Unmarshal(reply.Body, &stars); err != nil {
		t.Fatal(err)
	}
	if len(stars) != objects || len(page.Items) != objects {
		t.Fatalf("%d and %d", len(stars), len(page.Items))
	}
	for i, s := range stars {
		it := page.Items[i]
		if it.ID != connectors.ID(s.Repo.ID) || it.Title != s.Repo.FullName || it.Text != s.Repo.Description || it.Author.Name != s.Repo.Owner.Login ||
			it.Language != s.Repo.Language || len(it.Tags) != len(s.Repo.Topics) || !it.LikedAt.Equal(connectors.Time(s.StarredAt)) {
			t.Errorf("%+v\n%+v", it, s)
		}
	}
}
