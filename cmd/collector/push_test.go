package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"collector/control"
	"collector/push/pushtest"
	"collector/store"
)

// TestPush: the whole command against services on this machine. The token reaches them and
// nothing else.
func TestPush(t *testing.T) {
	for _, to := range []string{"karakeep", "linkding"} {
		t.Run(to, func(t *testing.T) {
			inFolder(t)
			seeded(t, func(s *seeder) {
				s.network("me", "github", "", "octocat", things(30), normal())
				s.network("anna", "github", "", "anna", things(2), normal())
			})
			k, l := &pushtest.Karakeep{}, &pushtest.Linkding{}
			kept, handler := &k.Server, http.Handler(k)
			if to == "linkding" {
				kept, handler = &l.Server, l
			}
			kept.Token = canary
			server := httptest.NewServer(handler)
			defer server.Close()
			p := program{now: atNoon, stdin: canary, env: map[string]string{"COLLECTOR_ALLOW_PRIVATE": server.Listener.Addr().String()}}
			run := func(code int, args ...string) outcome {
				t.Helper()
				o := p.run(t, append([]string{"push", to, "--token-stdin", "--per-second=10000"}, args...)...)
				if o.code != code || strings.Contains(o.out+o.err, canary) {
					t.Errorf("%v: exit code %d\n%s%s", args, o.code, o.out, o.err)
				}
				return o
			}
			if o := run(exitOK, "--url", server.URL, "--dry-run"); !strings.Contains(o.err, "30 likes looked at: 30 to be added, 0 there already") || len(kept.Kept()) != 0 {
				t.Errorf("a dry run: %s", o.err)
			}
			if o := run(exitOK, "--url", server.URL+"/"); !strings.Contains(o.err, "30 likes looked at: 30 added, 0 there already") || len(kept.Kept()) != 30 {
				t.Errorf("%s, %d there", o.err, len(kept.Kept()))
			}
			var v control.Pushed
			if err := json.Unmarshal([]byte(run(exitOK, "--url", server.URL, "--json").out), &v); err != nil || v.Looked != 0 || v.Schema != 1 {
				t.Errorf("again: %+v, %v", v, err)
			}
			if o := run(exitOK, "--url", server.URL, "--again", "in:github"); !strings.Contains(o.err, "30 likes looked at: 0 added, 30 there already") {
				t.Errorf("with a query: %s", o.err)
			}
			kept.Token = "another"
			if o := run(exitSignIn, "--url", server.URL); !strings.Contains(o.err, "does not take the token") {
				t.Errorf("a wrong token: %s", o.err)
			}
			kept.Token = canary
			run(exitPermanent, "--url", server.URL+"/elsewhere")
			run(exitUsage)
			run(exitUsage, "--url", "https://10.0.0.1/")
			run(exitUsage, "--url", server.URL, "lang:")
			run(exitUsage, "--url", server.URL+"/?page=2")
			p.stdin = ""
			write(t, "token", canary+"\n")
			if o := p.run(t, "push", to, "--token-file=token", "--url", server.URL).must(t); o.err != "0 likes looked at: 0 added, 0 there already\n" {
				t.Errorf("with the token in a file: %s", o.err)
			}
			run(exitUsage, "--url", server.URL)
			p.stdin = canary
			server.Close()
			if o := run(exitTemporary, "--url", server.URL); !strings.Contains(o.err, "COLLECTOR_ALLOW_PRIVATE") {
				t.Errorf("nobody answers: %s", o.err)
			}
		})
	}
}

// TestSimulatedLikesAreNotPushed: they are nobody's, and would be among real ones.
func TestSimulatedLikesAreNotPushed(t *testing.T) {
	inFolder(t)
	seeded(t, func(s *seeder) {
		someItems(s)
		s.must(s.st.SetMeta(t.Context(), store.MetaSimulated, "1"))
	})
	o := program{now: atNoon, stdin: canary}.run(t, "push", "linkding", "--token-stdin", "--url", "https://links.example")
	if o.code != exitForeign {
		t.Errorf("%d %s", o.code, o.err)
	}
}
