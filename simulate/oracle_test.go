package simulate

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestCompareBites: what is missing, invented, outdated or dated wrongly is told
// apart.
func TestCompareBites(t *testing.T) {
	s := New(Options{Seed: 4, Now: clockAt().now})
	a := add(t, s, Spec{Service: GitHub, Likes: 6})
	likes := s.Likes(a.Key)
	got := map[string]time.Time{}
	for _, l := range likes {
		got[l.ID] = l.Told
	}
	if d := s.Compare(a.Key, got); !d.OK() || len(d.Extra) != 0 {
		t.Fatal(d)
	}
	if _, err := s.Unlike(a.Key, likes[0].ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Vanish(a.Key, likes[1].ID); err != nil {
		t.Fatal(err)
	}
	delete(got, likes[2].ID)
	got[likes[3].ID] = likes[3].Told.Add(time.Second)
	got["77"] = time.Time{}
	d := s.Compare(a.Key, got)
	want := Diff{
		Missing: []string{likes[2].ID}, WrongTime: []string{likes[3].ID}, Invented: []string{"77"},
		Extra: []string{likes[0].ID, likes[1].ID, "77"},
	}
	slices.Sort(want.Extra)
	if !reflect.DeepEqual(d, want) || d.OK() {
		t.Errorf("%+v, want %+v", d, want)
	}
	if missed := s.Missed(a.Key, map[string]bool{likes[3].ID: true, likes[5].ID: true}); !reflect.DeepEqual(missed, []string{likes[2].ID, likes[4].ID}) {
		t.Error(missed)
	}
	former := s.Former(a.Key)
	if len(former) != 2 || former[0].Gone || !former[1].Gone {
		t.Errorf("%+v", former)
	}
}

func TestNobodyIsAnError(t *testing.T) {
	s := New(Options{})
	for what, err := range map[string]error{
		"like": second(s.Like("x", 1)), "unlike": second(s.Unlike("x", "")), "relike": second(s.Relike("x", "")), "vanish": second(s.Vanish("x", "")),
		"revoke": s.Revoke("x"), "expire": s.Expire("x"), "cap": s.SetCap("x", 1), "issue": second(s.Issue("x")),
		"service": second(s.AddAccount(Spec{Service: "myspace"})),
	} {
		if err == nil || !strings.Contains(err.Error(), `"x"`) && !strings.Contains(err.Error(), "myspace") {
			t.Errorf("%s: %v", what, err)
		}
	}
	add(t, s, Spec{Service: GitHub, Name: "mira"})
	if _, err := s.AddAccount(Spec{Service: GitHub, Name: "mira"}); err == nil {
		t.Error("the same account twice")
	}
	if _, err := s.Unlike("github/mira", ""); err == nil {
		t.Error("an unlike without likes")
	}
}

func second[T any](_ T, err error) error { return err }

func TestChurnChangesBetweenPages(t *testing.T) {
	for _, c := range []struct {
		churn Churn
		want  int // changes in ten requests
	}{
		{Churn{Every: 1, Like: 1}, 10},
		{Churn{Every: 3, First: 2, Like: 1}, 3},
		{Churn{Every: 1, Like: 1, Times: 4}, 4},
		{Churn{Chance: 1, Like: 1}, 10},
		{Churn{Like: 1}, 0},
	} {
		s := New(Options{Seed: 4, Now: clockAt().now})
		a := add(t, s, Spec{Service: GitHub, Likes: 10})
		c.churn.Account = a.Key
		if err := s.AddChurn(c.churn); err != nil {
			t.Fatal(err)
		}
		for range 10 {
			get(s, api+"/user", a.Tokens[0])
		}
		if got := len(s.Likes(a.Key)) - 10; got != c.want {
			t.Errorf("%+v: %d changes, want %d", c.churn, got, c.want)
		}
		s.StopChurn()
		get(s, api+"/user", a.Tokens[0])
		if got := len(s.Likes(a.Key)) - 10; got != c.want {
			t.Errorf("%+v goes on after its end", c.churn)
		}
	}
	if err := New(Options{}).AddChurn(Churn{Account: "github/nobody"}); err == nil {
		t.Error("a churn of nobody")
	}
}

func TestHooksComeBeforeTheAnswer(t *testing.T) {
	s := New(Options{Seed: 4, Now: clockAt().now})
	a := add(t, s, Spec{Service: GitHub})
	var seen []string
	s.OnRequest(func(n int, r *http.Request) {
		seen = append(seen, fmt.Sprint(n, r.URL.Path))
		if _, err := s.Like(a.Key, 1); err != nil {
			t.Error(err)
		}
	})
	for n := 1; n <= 3; n++ {
		if got := len(stars(t, get(s, list, a.Tokens[0], "Accept", timd))); got != n {
			t.Errorf("request %d shows %d likes", n, got)
		}
	}
	if !reflect.DeepEqual(seen, []string{"1/user/starred", "2/user/starred", "3/user/starred"}) {
		t.Error(seen)
	}
}
