package site

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"collector/auth"
	"collector/connectors"
	"collector/control"
	"collector/fault"
	"collector/state"
	"collector/store"
)

// ticks are the checks of a page: "done: GitHub can be reached, 84 ms", each a line.
func ticks(a reply) string {
	var out []string
	for _, li := range under(a.find("ol", "steps")[0], "ul")[:1] {
		for _, one := range under(li, "li") {
			out = append(out, read(one))
		}
	}
	return strings.Join(out, "\n")
}

// TestChecksThatFail: what was looked at is shown with the first thing that is wrong, and
// what was not reached stays to be done.
func TestChecksThatFail(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		var answer error
		w.signing(func(control.Wanted, auth.Credential) (connectors.Identity, error) {
			w.now = w.now.Add(84 * time.Millisecond)
			return connectors.Identity{ID: "77", Name: "octocat"}, answer
		})
		const reached, to2, to3, to4 = "done: GitHub can be reached, 84 ms\n", "to do: Whose sign-in it is\n", "to do: What it may read\n", "to do: The first page, and how many there are"
		for _, c := range []struct {
			err  error
			want string
		}{
			{fault.New(fault.Temporary, "it cannot be reached"), "failed: it cannot be reached Whose fault it is: the service or the network. What to do: look at the address and the network, and try again.\n" + to2 + to3 + to4},
			{fault.New(fault.Malformed, "that is no API"), "failed: that is no API Whose fault it is: the service, or collector. What to do: look whether the address is that of the service.\n" + to2 + to3 + to4},
			{fault.New(fault.Unauthorized, "GitHub answered 401"), reached + "failed: the token was not accepted: GitHub answered 401 Whose fault it is: you. What to do: make a new one, and copy it whole.\n" + to3 + to4},
			{fault.New(fault.Forbidden, "it may not read its profile"), reached + "failed: it may not read its profile Whose fault it is: you. What to do: give it the permissions on the right, or enter a name for the account.\n" + to3 + to4},
			{&fault.Error{Kind: fault.RateLimited, Reason: "all calls are used", Until: noon.Add(time.Hour)}, reached + "waits: all calls are used, until 13:00\n" + to3 + to4},
		} {
			answer = c.err
			if got := ticks(w.as("carol").post("/connect/github", "token", hunter)); got != c.want {
				t.Errorf("%v:\n%s\nwant\n%s", c.err, got, c.want)
			}
		}
		if got := ticks(w.as("carol").post("/connect/github", "token", "")); got != "to do: GitHub can be reached\n"+to2+to3+to4 {
			t.Errorf("nothing was asked: %s", got)
		}
	})
}

// connectedAs connects github for carol with permissions that the service names, and returns
// her list and where it is shown.
func (w *world) connectedAs(scopes ...string) (state.Network, string) {
	w.t.Helper()
	w.signing(func(control.Wanted, auth.Credential) (connectors.Identity, error) {
		w.now = w.now.Add(84 * time.Millisecond)
		return connectors.Identity{ID: "77", Name: "octocat", Scopes: scopes}, nil
	})
	b := w.as("carol")
	b.follow(b.post("/connect/github", "token", hunter)).is(200, "is connected")
	own, err := w.store.Networks(w.t.Context(), store.Filter{User: "carol"})
	w.must(err)
	return own[0], "/connect/github?" + url.Values{"account": {"octocat"}}.Encode()
}

// TestChecksOfAList follow its first run: the sign-in is whose it is, what it may do is said,
// and the first page is read, waits or fails.
func TestChecksOfAList(t *testing.T) {
	const head = "done: GitHub can be reached, 84 ms\ndone: It is the sign-in of octocat\n"
	refused := func(kind fault.Kind, c state.Condition) state.Progress {
		return state.Progress{Mode: state.Initial, Condition: c, ScheduledTo: noon.Add(time.Hour), Failures: 1, LastError: "GitHub said <no>", LastErrorAt: noon, Fault: kind.String(), Whose: "github", NextStep: "wait for it", LastRunAt: noon}
	}
	page := state.Progress{Mode: state.Initial, Condition: state.OK, ScheduledTo: noon, Reason: "the history goes on", Walks: 1, Walk: &state.Walk{Number: 1, Kind: "backfill", Pages: 1, Of: 31, Items: 3, Paces: []int{1000}}, LastRunAt: noon}
	done := state.Progress{Mode: state.Normal, Condition: state.OK, ScheduledTo: noon.Add(time.Hour), Reason: "every hour", Walks: 1, LastOKAt: noon, LastRunAt: noon}
	for _, c := range []struct {
		what   string
		scopes []string
		after  *state.Progress
		want   string
		says   []string
	}{
		{"nothing ran", []string{"read:user"}, nil, head + "done: It may read stars\nwaits: No collector runs, so nothing is read What to do: start one with the command collector.", []string{"can be searched as it comes", "!Search now"}},
		{
			"more than is needed",
			[]string{"read:user", "repo", "delete_repo"},
			&page,
			head + "done, with a warning: It may read stars. This token may also write to your repositories (repo) and delete repositories (delete_repo); collector does none of that (repo: stars of private repositories stay hidden without it) What to do: Make a token at https://github.com/settings/personal-access-tokens/new with the account permission \"Starring: read\", or a classic one at https://github.com/settings/tokens with the scope read:user (repo to see private repositories).\ndone: stars readable, on 31 pages",
			[]string{"1 of 31 pages, all there around", "The newest 3 are searchable already.", "Search now"},
		},
		{"less than is needed", []string{"gist"}, nil, head + "failed: It lacks read:user: the list of stars may be refused without it Whose fault it is: you. What to do: Make a token", nil},
		{"less, and read all the same", []string{"gist"}, &page, head + "done, with a warning: It lacks read:user: the list of stars may be refused without it. The first page was read all the same What to do: Make", nil},
		{"not told", nil, nil, head + "to do: What it may read: GitHub does not say, the first page shows it\nwaits:", nil},
		{"not told, and read", nil, &page, head + "done: It may read stars\ndone: stars readable, on 31 pages", nil},
		{"an unreadable page", nil, new(refused(fault.Malformed, state.Failing)), head + "to do: What it may read: GitHub does not say, the first page shows it\nfailed: The first page could not be read: GitHub said <no> Whose fault it is: github. What to do: wait for it.", []string{"!<no>"}},
		{"an outage", nil, new(refused(fault.Temporary, state.Failing)), head + "to do: What it may read: GitHub does not say, the first page shows it\nfailed: The first page could not be read: GitHub said <no> Whose", nil},
		{"no permission", nil, new(refused(fault.Forbidden, state.NeedsScope)), head + "failed: GitHub said <no> Whose fault it is: github. What to do: wait for it.\nfailed: The first page could not be read: GitHub said <no>", []string{"Your sign-in lacks a permission."}},
		{"a sign-in that ended", []string{"read:user"}, new(refused(fault.Unauthorized, state.NeedsSignIn)), "done: GitHub can be reached, 84 ms\nfailed: GitHub said <no> Whose fault it is: github. What to do: wait for it.\ndone: It may read stars\n", []string{"Your sign-in is no longer accepted.", "Sign in again"}},
		{"a limit", []string{"read:user"}, &state.Progress{Mode: state.Initial, Condition: state.Limited, ScheduledTo: noon.Add(time.Hour), Reason: "all calls are used", LastRunAt: noon}, head + "done: It may read stars\nwaits: The first page waits: all calls are used, until 13:00", nil},
		{"all of it", []string{"read:user"}, &done, head + "done: It may read stars\ndone: 3 stars", []string{"All 3 stars are here. Next check 13:00", "Search now", "!searchable already"}},
	} {
		stores(t, func(t *testing.T, w *world) {
			n, at := w.connectedAs(c.scopes...)
			if c.after != nil && (c.after.Walk != nil || c.after.Mode == state.Normal) {
				w.after(n.ID, *c.after, likes("carol", "github", "x", 3)...)
			} else if c.after != nil {
				w.must(w.store.Release(t.Context(), w.lease(n.ID), *c.after))
			}
			a := w.as("carol").get(at)
			if c.says = append(c.says, "!"+hunter); strings.HasPrefix(c.says[0], "!<") { // a reason is text, whatever it holds
				if strings.Contains(a.body, c.says[0][1:]) {
					t.Errorf("%s: a reason became markup", c.what)
				}
				c.says = c.says[1:]
			}
			a.is(200, c.says...)
			if got := ticks(a); !strings.HasPrefix(got, c.want) {
				t.Errorf("%s:\n%s\nwant\n%s", c.what, got, c.want)
			}
			if strings.Contains(a.body, `name="token"`) {
				t.Errorf("%s: the form is still there", c.what)
			}
			for _, asked := range []string{at, at + "&user=carol"} { // it is carol's
				if got := ticks(w.as("bob").get(asked).is(200, "Paste a token", "!octocat")); strings.Contains(got, "done") {
					t.Errorf("%s: bob sees %s", c.what, got)
				}
			}
			w.as("").get(at+"&user=carol").is(200, "84 ms", "!Paste a token")
		})
	}
}

// TestHowFastIsOfTheProcess: another one says that the service was reached, and no time.
func TestHowFastIsOfTheProcess(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		_, at := w.connectedAs("read:user")
		w.as("carol").get(at).is(200, "GitHub can be reached, 84 ms")
		w.open()
		w.as("carol").get(at).is(200, "GitHub can be reached", "!84 ms")
	})
}

// TestFewIsSaidAsFew: nothing, one like, and a list that the service shows in part.
func TestFewIsSaidAsFew(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		n, at := w.connectedAs("read:user")
		done := state.Progress{Mode: state.Normal, Condition: state.OK, ScheduledTo: noon.Add(time.Hour), Walks: 1, LastOKAt: noon, LastRunAt: noon}
		w.after(n.ID, done)
		w.as("carol").get(at).is(200, "There are no stars yet. Next check 13:00", "!Search now")
		w.after(n.ID, done, likes("carol", "github", "x", 1)...)
		w.as("carol").get(at).is(200, "The only star is here.", "Search now")
		done.Doubt = "the list changed while it was read"
		w.after(n.ID, done, likes("carol", "github", "y", 2)...)
		w.as("carol").get(at).is(200, "stars can be searched. The list changed while it was read.", "!are here.")
	})
}
