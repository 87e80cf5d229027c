package simtest

import (
	"net/http"
	"strings"
	"testing"

	"collector/simulate"
)

func TestStartedServicesAnswerWhereEnvSays(t *testing.T) {
	r := Start(t, simulate.Options{Seed: 9})
	for _, service := range []string{simulate.GitHub, simulate.Mastodon, simulate.Bluesky} {
		a := Add(t, r.Sim, simulate.Spec{Service: service, Likes: 3})
		if a.Key == "" || len(r.Likes(a.Key)) != 3 {
			t.Errorf("%+v", a)
		}
	}
	asked := 0
	for _, line := range append(Env(r), "SERVER="+Server(r, simulate.Mastodon), "SERVER="+Server(r, simulate.GitHub)) {
		_, origin, _ := strings.Cut(line, "=")
		if !strings.HasPrefix(origin, "http") {
			continue
		}
		res, err := http.Get(origin + "/user/starred")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		asked++
	}
	if asked != 3 || r.Total() != 3 {
		t.Errorf("%d origins, %d requests", asked, r.Total())
	}
	Clean(t, r.Sim)
}
