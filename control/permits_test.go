package control

import (
	"strings"
	"testing"

	"collector/connectors"
	"collector/connectors/all"
)

// TestExcess: what a credential may do beyond what is needed is said in words, and what is
// needed, contained or asked for is not.
func TestExcess(t *testing.T) {
	p := &Panel{Connectors: all.Connectors()}
	for _, c := range []struct {
		service string
		granted []string
		missing string // names with spaces between them
		excess  string
		want    string
	}{
		{"github", nil, "", "", ""},
		{"github", []string{"read:user"}, "", "", ""},
		{"github", []string{"read:user", "gist"}, "", "", ""}, // the starred gists need it
		{"github", []string{"user"}, "", "user", "This token may also change your profile (user); collector does none of that"},
		{"github", []string{"repo", "delete_repo", "read:user"}, "", "repo delete_repo", "This token may also write to your repositories (repo) and delete repositories (delete_repo); collector does none of that (repo: stars of private repositories stay hidden without it)"},
		{"github", []string{"read:user", "write:org", "admin:org", "new:thing", "new:thing"}, "", "write:org admin:org new:thing", "This token may also administer your organisations (write:org, admin:org), and is also permitted new:thing; collector does none of that"},
		{"github", []string{"notifications"}, "read:user", "notifications", "This token may also read your notifications (notifications); collector does none of that"},
		{"mastodon", []string{"read:favourites", "read:bookmarks", "read:accounts"}, "", "", ""},
		{"mastodon", []string{"read"}, "", "read", "This token may also read all of your account, private messages too (read); collector does none of that"},
		{"mastodon", []string{"read:accounts", "write"}, "read:favourites", "write", "This token may also post and change everything in your name (write); collector does none of that"},
		{"gitlab", []string{"api"}, "", "api", "This token may also change everything that you may change (api); collector does none of that"},
		{"huggingface", []string{"write"}, "", "write", "This token may also write to your models, datasets and spaces (write); collector does none of that"},
		{"bluesky", []string{"com.atproto.appPass"}, "", "", ""},
		{"bluesky", []string{"com.atproto.access"}, "", "com.atproto.access", "This password may also do everything that you may, since it is the password of the account itself (com.atproto.access); collector does none of that"},
		{"reddit", []string{"*"}, "", "*", "This token may also do everything in your name (*); collector does none of that"},
		{"twitter", []string{"like.read", "bookmark.read", "tweet.read", "users.read", "offline.access"}, "", "", ""},
		{"youtube", []string{"https://www.googleapis.com/auth/youtube"}, "", "https://www.googleapis.com/auth/youtube", "This token may also change your videos, lists and likes (https://www.googleapis.com/auth/youtube); collector does none of that"},
		{"spotify", []string{"playlist-read-private"}, "user-library-read", "playlist-read-private", "This token is also permitted playlist-read-private; collector does none of that"},
	} {
		conn, _ := p.Offered(c.service)
		in := conn.Info()
		var missing, names []string
		for _, s := range MissingScopes(in, c.granted) {
			missing = append(missing, s.Name)
		}
		excess := p.Excess(in, c.granted)
		for _, e := range excess {
			names = append(names, e.Name)
		}
		if got := strings.Join(missing, " "); got != c.missing {
			t.Errorf("%s with %q lacks %q, want %q", c.service, c.granted, got, c.missing)
		}
		if got := strings.Join(names, " "); got != c.excess {
			t.Errorf("%s with %q has %q beyond, want %q", c.service, c.granted, got, c.excess)
		}
		if got := ExcessWords(in, excess); got != c.want {
			t.Errorf("%s with %q:\n%s, want\n%s", c.service, c.granted, got, c.want)
		}
	}
}

// TestPowersAreWorded: each says what it allows, once, and contains what is asked for.
func TestPowersAreWorded(t *testing.T) {
	p := &Panel{Connectors: all.Connectors()}
	said := 0
	for _, c := range p.Connectors {
		in := c.Info()
		seen := map[string]bool{}
		for _, b := range in.Auth.Beyond {
			said++
			if b.Name == "" || b.May == "" || seen[b.Name] || strings.HasSuffix(b.May, ".") {
				t.Errorf("%s: %+v", in.Name, b)
			}
			seen[b.Name] = true
			for _, name := range b.Covers {
				if !asked(in, name) && !p.needs(in, name) {
					t.Errorf("%s: %s contains %s, which nobody asks for", in.Name, b.Name, name)
				}
			}
		}
		for _, s := range in.Auth.Scopes {
			if seen[s.Name] && !s.Optional {
				t.Errorf("%s: %s is needed, and named as more than that", in.Name, s.Name)
			}
		}
	}
	if said == 0 {
		t.Error("no service has any")
	}
}

// TestHostileNamesOfPermissions stay one line of plain text.
func TestHostileNamesOfPermissions(t *testing.T) {
	in := connectors.Info{Name: "x"}
	if got := ExcessWords(in, (&Panel{}).Excess(in, []string{"a\x1b[2J\nb"})); strings.ContainsAny(got, "\x1b\n") || !strings.Contains(got, "is also permitted a") {
		t.Errorf("%q", got)
	}
}
