package likeastore

import (
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"collector/connectors"
	"collector/item"
	"collector/state"
)

// Times of an old database.
var (
	first = time.Date(2014, time.May, 1, 8, 0, 0, 0, time.UTC)
	ran   = first.Add(40 * 24 * time.Hour)
	due   = ran.Add(15 * time.Minute)
)

func infos() []connectors.Info {
	return []connectors.Info{{Name: "github", Provider: "github"}}
}

// old is a document of a github network, with more fields or other ones.
func old(fields bson.M) document {
	d := document{
		"_id": bson.NewObjectIDFromTimestamp(first), "service": "github", "user": "anna@example.org", "accessToken": "gho_old0123456789",
		"mode": "normal", "lastExecution": bson.NewDateTimeFromTime(ran), "scheduledTo": bson.NewDateTimeFromTime(due),
	}
	for k, v := range fields {
		if v == nil {
			delete(d, k)
			continue
		}
		d[k] = v
	}
	return d
}

// TestNetworks holds every kind of network that the old program left to what it
// becomes.
func TestNetworks(t *testing.T) {
	for _, c := range []struct {
		name      string
		fields    bson.M
		mode      state.Mode
		condition state.Condition
		due       time.Time
		paused    bool
		reason    string
	}{
		{"normal", nil, state.Normal, state.OK, due, false, "taken over"},
		{"initial", bson.M{"mode": "initial", "page": 7.0}, state.Initial, state.OK, due, false, "taken over"},
		{"no mode", bson.M{"mode": nil, "scheduledTo": nil}, state.Initial, state.OK, first, false, "taken over"},
		{"a mode that never was", bson.M{"mode": "often"}, state.Normal, state.OK, due, false, "taken over"},
		{"no due time", bson.M{"scheduledTo": nil}, state.Normal, state.OK, first, false, "taken over"},
		{"limited, was normal", bson.M{"mode": "rateLimit", "prevMode": "normal"}, state.Normal, state.Limited, due, false, "limited"},
		{"limited, was initial", bson.M{"mode": "rateLimit", "prevMode": "initial"}, state.Initial, state.Limited, due, false, "limited"},
		{"limited, in the middle of a history", bson.M{"mode": "rateLimit", "page": int32(3)}, state.Initial, state.Limited, due, false, "limited"},
		{"limited, before a post of a history", bson.M{"mode": "rateLimit", "maxId": "12"}, state.Initial, state.Limited, due, false, "limited"},
		{"limited, after the history", bson.M{"mode": "rateLimit", "sinceId": "12"}, state.Normal, state.Limited, due, false, "limited"},
		{"limited twice over", bson.M{"mode": "rateLimit", "prevMode": "rateLimit"}, state.Normal, state.Limited, due, false, "limited"},
		{"limited, never run", bson.M{"mode": "rateLimit", "lastExecution": nil}, state.Initial, state.Limited, due, false, "limited"},
		{"limited without a due time", bson.M{"mode": "rateLimit", "prevMode": "normal", "scheduledTo": nil}, state.Normal, state.Limited, ran.Add(time.Hour), false, "limited"},
		{"skipped", bson.M{"skip": true}, state.Normal, state.OK, due, true, "skip it"},
		{"disabled", bson.M{"disabled": true, "lastError": bson.D{{Key: "status", Value: 401.0}, {Key: "body", Value: "gho_secret"}}, "unauthorized": true}, state.Normal, state.OK, due, true, "the last with status 401; its sign-in was refused"},
		{"disabled for nobody", bson.M{"disabled": true, "lastError": "disabled due to user inactivity"}, state.Normal, state.OK, due, true, "user was away"},
		{"disabled with who knows what", bson.M{"disabled": true, "lastError": "gho_secret"}, state.Normal, state.OK, due, true, "had disabled it"},
		{"no sign-in", bson.M{"accessToken": nil}, state.Normal, state.NeedsSignIn, time.Time{}, false, "no sign-in"},
		{"a sign-in that is none", bson.M{"accessToken": "two words"}, state.Normal, state.NeedsSignIn, time.Time{}, false, "no sign-in"},
		{"not disabled", bson.M{"disabled": false, "skip": nil}, state.Normal, state.OK, due, false, "taken over"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := old(c.fields)
			in, s, ok := connectorOf(d.text("service"), infos())
			if !ok {
				t.Fatal("no connector")
			}
			n := listOf(d, in, s).network
			wake := c.due
			if c.paused {
				wake = time.Time{}
			}
			if n.Mode != c.mode || n.Condition != c.condition || !n.ScheduledTo.Equal(c.due) || !n.WakeAt.Equal(wake) || n.Paused != c.paused || !strings.Contains(n.Reason, c.reason) {
				t.Errorf("%+v", n)
			}
			if strings.Contains(n.Reason+n.LastError, "secret") {
				t.Errorf("the reason holds what the service answered: %s", n.Reason)
			}
			if again := listOf(d, in, s).network; again.ID != n.ID || n.ID == "" || n.AccountID == "" {
				t.Errorf("ids %q and %q", n.ID, again.ID)
			}
		})
	}
}

func TestSignIn(t *testing.T) {
	c := signIn(old(bson.M{"refreshToken": "ghr_new0123456789"}))
	if c.Access.Reveal() != "gho_old0123456789" || c.Refresh.Reveal() != "ghr_new0123456789" {
		t.Error("the tokens are not those of the document")
	}
}

func TestItems(t *testing.T) {
	in, s, _ := connectorOf("github", infos())
	l := listOf(old(nil), in, s)
	d := document{
		"_id": bson.NewObjectID(), "itemId": 4711.0, "user": "anna@example.org", "type": "github", "name": "hashicorp/raft", "repo": "raft",
		"description": "Raft in Go", "source": "https://github.com/hashicorp/raft", "authorName": "hashicorp", "authorUrl": "https://github.com/hashicorp",
		"avatarUrl": "//no.address", "created": bson.NewDateTimeFromTime(first), "date": bson.NewDateTimeFromTime(ran),
	}
	got, ok := itemOf(d, l)
	want := item.Item{
		ID: "4711", URL: "https://github.com/hashicorp/raft", Kind: "repository", Title: "hashicorp/raft", Text: "Raft in Go",
		Author: item.Author{Name: "hashicorp", URL: "https://github.com/hashicorp"}, CreatedAt: first, LikedAt: ran, LikedFrom: item.FromFirstSeen,
	}
	if !ok || got.Hash() != want.Hash() || !got.LikedAt.Equal(ran) || !got.FirstSeenAt.Equal(ran) || !got.Imported || got.Walk != 0 || got.Network != l.network.ID {
		t.Errorf("%+v", got)
	}
	later := d
	later["date"] = bson.NewDateTimeFromTime(due)
	again, _ := itemOf(later, l)
	again.Title = "hashicorp/raft2"
	if j := join(again, got); !j.FirstSeenAt.Equal(ran) || !j.LikedAt.Equal(ran) || j.Title != "hashicorp/raft2" || !j.ObservedAt.Equal(due) {
		t.Errorf("joined: %+v", j)
	}
	for field, value := range map[string]any{"itemId": nil, "source": "javascript:alert(1)"} {
		bad := document{}
		for k, v := range d {
			bad[k] = v
		}
		bad[field] = value
		if _, ok := itemOf(bad, l); ok {
			t.Errorf("%s %v is taken", field, value)
		}
	}
}
