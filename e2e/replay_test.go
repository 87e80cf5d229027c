//go:build e2e

package e2e

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"collector/e2e/recording"
	"collector/e2e/replay"
)

// providers are the folders of recordings that have a connector, in the order of
// the table.
var providers = []string{"github", "mastodon", "bluesky", "gitea", "gitlab", "raindrop", "reddit", "twitter", "youtube", "spotify", "subsonic", "stackexchange", "pinboard", "lastfm"}

// listless are those of them of whose lists nothing was recorded, or only in another
// form than the connector asks for: that it does not take that for a list is no
// evidence that it reads one.
var listless = []string{"gitlab", "stackexchange", "pinboard", "lastfm"}

// library is a folder of recordings and what was made of each.
type library struct {
	files  map[string][]recording.File // by provider
	others map[string]int              // how many recordings there are of services without a connector

	mu      sync.Mutex
	used    map[string]map[string]int // by provider/file#number: what it answered, and in how many runs
	missing []string
}

func openLibrary(t *testing.T, folder string) *library {
	t.Helper()
	lib := &library{files: map[string][]recording.File{}, others: map[string]int{}, used: map[string]map[string]int{}}
	for _, provider := range providers {
		files, err := recording.ReadFolder(os.DirFS(folder), provider)
		if err != nil {
			t.Fatal(err)
		}
		lib.files[provider] = files
	}
	folders, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		if !f.IsDir() || slices.Contains(providers, f.Name()) {
			continue
		}
		files, err := recording.ReadFolder(os.DirFS(folder), f.Name())
		if err != nil {
			t.Fatal(err)
		}
		lib.others[f.Name()] = len(files)
	}
	return lib
}

// rig is one run of the program against recorded replies.
type rig struct {
	t        *testing.T
	lib      *library
	provider string
	program  *program
	server   *replay.Server
	notes    map[string]string // by exchange: how it was changed, or what it stands for
	led      string            // what the refusal of this run led to
	refusal  string            // the exchange that was the refusal
}

// rig makes a run. The recordings of a run that names one that the folder does not
// have are listed as missing, and the test fails: the run would prove nothing.
func (lib *library) rig(t *testing.T, provider, bin string, settings ...string) *rig {
	t.Helper()
	server := replay.New(time.Now)
	t.Cleanup(server.Close)
	settings = append([]string{
		"COLLECTOR_DISK_FLOOR=0",
		"COLLECTOR_ALLOW_PRIVATE=127.0.0.1",
		"COLLECTOR_" + strings.ToUpper(provider) + "_URL=" + server.URL,
		"COLLECTOR_" + strings.ToUpper(provider) + "_POLL_MIN=1s", "COLLECTOR_" + strings.ToUpper(provider) + "_POLL_MAX=2s",
		"COLLECTOR_BACKOFF_MIN=300ms", "COLLECTOR_BACKOFF_MAX=1s",
	}, settings...)
	r := &rig{t: t, lib: lib, provider: provider, program: install(t, bin, settings...), server: server, notes: map[string]string{}}
	t.Cleanup(r.settle)
	return r
}

// reply takes one recorded exchange by the beginning of its file's name.
func (r *rig) reply(file string, number int, note string) recording.Exchange {
	r.t.Helper()
	for _, f := range r.lib.files[r.provider] {
		if strings.HasPrefix(f.Name, file) && number < len(f.Exchanges) {
			e := f.Exchanges[number]
			if note != "" {
				r.notes[e.Name()] = note
			}
			return e
		}
	}
	r.lib.mu.Lock()
	r.lib.missing = append(r.lib.missing, fmt.Sprintf("%s/%s#%d", r.provider, file, number))
	r.lib.mu.Unlock()
	r.t.Fatalf("the folder has no recording %s/%s…#%d", r.provider, file, number)
	return recording.Exchange{}
}

// settle writes into the library what the recordings of this run answered.
func (r *rig) settle() {
	r.lib.mu.Lock()
	defer r.lib.mu.Unlock()
	said := map[string]bool{}
	for _, c := range r.server.Calls() {
		if c.Reply == "" {
			continue
		}
		path, _, _ := strings.Cut(c.Address, "?")
		use := c.Method + " " + path
		if note := r.notes[c.Reply]; note != "" {
			use += ", " + note
		}
		if c.Moved {
			use += "; its Link addresses were turned to the replay server and the list"
		}
		if c.Reply == r.refusal && !strings.Contains(path, "ession") {
			use += " -> " + r.led
		}
		key := r.provider + "/" + c.Reply
		if r.lib.used[key] == nil {
			r.lib.used[key] = map[string]int{}
		}
		if !said[key+use] {
			r.lib.used[key][use]++
			said[key+use] = true
		}
	}
}

// answered fails the run when a call came that nothing recorded answers.
func (r *rig) answered() {
	r.t.Helper()
	for _, c := range r.server.Unanswered() {
		r.t.Errorf("the collector asked %s %s, which nothing recorded answers", c.Method, c.Address)
	}
}

// until waits for a standing.
func (r *rig) until(what string, is func(s standing) bool) standing {
	r.t.Helper()
	var s standing
	eventually(r.t, what, func() string {
		var all string
		if s, all = r.program.status(r.t); is(s) {
			return ""
		}
		return all
	})
	return s
}

// print writes the table of what was used for what, and what was not, and why.
func (lib *library) print(t *testing.T) {
	t.Helper()
	lib.mu.Lock()
	defer lib.mu.Unlock()
	var b strings.Builder
	exchanges, used := 0, 0
	for _, provider := range providers {
		fmt.Fprintf(&b, "\n== recordings of %s\n", provider)
		for _, f := range lib.files[provider] {
			if f.Problem != nil {
				fmt.Fprintf(&b, "not used  %s\n            %s\n", f.Name, whyNotFile(f))
				continue
			}
			idle := map[string]int{}
			for _, e := range f.Exchanges {
				exchanges++
				uses := lib.used[provider+"/"+e.Name()]
				if len(uses) == 0 {
					idle[whyNot(provider, e)]++
					continue
				}
				used++
				fmt.Fprintf(&b, "used      %s (%s, status %d)\n", e.Name(), f.Form, e.Status)
				for _, use := range slices.Sorted(maps.Keys(uses)) {
					fmt.Fprintf(&b, "            %s%s\n", use, times(uses[use], "run"))
				}
			}
			if len(idle) > 0 {
				fmt.Fprintf(&b, "not used  %s\n", f.Name)
			}
			for _, why := range slices.Sorted(maps.Keys(idle)) {
				fmt.Fprintf(&b, "            %s%s\n", why, times(idle[why], "exchange"))
			}
		}
	}
	for _, service := range slices.Sorted(maps.Keys(lib.others)) {
		fmt.Fprintf(&b, "\n== recordings of %s\nnot used  no connector reads this service%s\n", service, times(lib.others[service], "file"))
	}
	fmt.Fprintf(&b, "\n%d of %d recorded exchanges were used\n", used, exchanges)
	fmt.Print(b.String())
}

// times is " (3 runs)", "" for one.
func times(n int, what string) string {
	if n == 1 {
		return ""
	}
	return fmt.Sprintf(" (%d %ss)", n, what)
}

// whyNotFile says why a file that holds no exchange is of no use.
func whyNotFile(f recording.File) string {
	if strings.HasSuffix(f.Name, ".snap.txt") {
		return "a snapshot of a test's views, not a reply: it has neither status nor JSON"
	}
	return f.Problem.Error()
}

// whyNot says why an exchange was not used.
func whyNot(provider string, e recording.Exchange) string {
	call := e.Method
	if path := e.Path(); path != "" {
		path, _, _ = strings.Cut(path, "?")
		call += " " + numbers(path)
	}
	switch {
	case e.BodyOnly() && strings.Contains(e.File, "webhook"):
		return "the body of a webhook that GitHub sends, not of a reply"
	case e.BodyOnly() && provider == "pinboard":
		return "the body of an answer to a change: a collector changes nothing at a service"
	case e.BodyOnly():
		return "a body of a call that no connector makes"
	case provider == "reddit" && strings.HasSuffix(e.Path(), "access_token"):
		return call + ": a sign-in, for which these runs have a token; its package tries answers of the same shape"
	case e.Method != "GET" && !strings.Contains(e.Path(), "Session"), strings.Contains(e.Path(), "/star.view"):
		return call + ": a collector changes nothing at a service"
	case strings.Contains(e.Path(), "/1.1/"):
		return call + ": another page of version 1.1 of the API, of which the first is used"
	case provider == "bluesky" && strings.HasSuffix(e.Path(), "limit=1"):
		return call + " with one record a page: what follows its cursor was not recorded"
	}
	return call + ": not a call a collector makes"
}

// numbers replaces the ids in a path, so that calls of one kind are one line.
func numbers(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if strings.Trim(p, "0123456789") == "" && p != "" {
			parts[i] = "{id}"
		}
	}
	return strings.Join(parts, "/")
}

// TestReplay runs the daemon over the recordings of the folder that
// COLLECTOR_REPLIES names: the real client and connectors, the recorded replies.
func TestReplay(t *testing.T) {
	folder := os.Getenv("COLLECTOR_REPLIES")
	if folder == "" {
		fmt.Println("not run: none given")
		return
	}
	lib := openLibrary(t, folder)
	bin := build(t)
	t.Run("runs", func(t *testing.T) {
		githubReplays(t, lib, bin)
		mastodonReplays(t, lib, bin)
		blueskyReplays(t, lib, bin)
		forgeReplays(t, lib, bin)
		gitlabReplays(t, lib, bin)
		redditReplays(t, lib, bin)
		twitterReplays(t, lib, bin)
		youtubeReplays(t, lib, bin)
		spotifyReplays(t, lib, bin)
		subsonicReplays(t, lib, bin)
		stackexchangeReplays(t, lib, bin)
		pinboardReplays(t, lib, bin)
		lastfmReplays(t, lib, bin)
	})
	lib.print(t)
	for _, name := range lib.missing {
		t.Errorf("missing in the folder: %s", name)
	}
}
