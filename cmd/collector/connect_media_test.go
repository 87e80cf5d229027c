package main

import (
	"strings"
	"testing"

	"collector/simulate"
)

// TestConnectMusicAndVideo: each is connected by what its service uses, read whole,
// and nothing shows a secret.
func TestConnectMusicAndVideo(t *testing.T) {
	for _, c := range []struct {
		service string
		more    []string
	}{{simulate.LastFM, []string{"--param", "user=orla"}}, {simulate.Spotify, nil}, {simulate.YouTube, nil}} {
		t.Run(c.service, func(t *testing.T) {
			inFolder(t)
			sim, acc, env := world(t, simulate.Spec{Service: c.service, Name: "orla", Likes: 60})
			env["COLLECTOR_LOG_LEVEL"] = "debug"
			p := program{env: env, stdin: acc[0].Tokens[0]}
			o := p.run(t, append([]string{"connect", c.service, "--token-stdin"}, c.more...)...).must(t)
			if !strings.Contains(o.err, "It is the sign-in of ") || !strings.Contains(o.err, "orla") {
				t.Errorf("it does not say whose sign-in it is: %s", o.err)
			}
			seen := o.out + o.err
			o = p.run(t, "--once").must(t)
			seen += o.out + o.err + p.run(t, "status", "--json").must(t).out
			if got := p.run(t, "export").must(t).out; strings.Count(got, "\n") < 60 {
				t.Errorf("%d lines of 60 likes", strings.Count(got, "\n"))
			}
			for _, secret := range sim.Secrets() {
				if strings.Contains(seen, secret) {
					t.Error("a secret is to be seen")
				}
			}
			if v := sim.Violations(); len(v) > 0 {
				t.Errorf("the service objects: %v", v)
			}
		})
	}
}
