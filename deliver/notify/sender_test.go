package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nicholas-fedor/shoutrrr/pkg/router"

	"collector/auth"
	"collector/fetch"
)

// secret stands in every address of these tests and must never come out.
const secret = "c4face"

// examples has an address of each service, with secrets where that has them.
var examples = map[string]string{
	"bark":       "bark://:c4facekey@bark.example/",
	"discord":    "discord://c4facetoken@123456789",
	"generic":    "generic://hooks.example/c4face?@X-Token=c4face&template=json",
	"gotify":     "gotify://gotify.example/Ac4facetokenxyz",
	"googlechat": "googlechat://chat.googleapis.com/v1/spaces/FOO/messages?key=c4face&token=c4face",
	"hangouts":   "hangouts://chat.googleapis.com/v1/spaces/FOO/messages?key=c4face&token=c4face",
	"ifttt":      "ifttt://c4facekey@maker/?events=e1",
	"join":       "join://shoutrrr:c4facekey@join/?devices=d1",
	"lark":       "lark://open.larksuite.com/c4facetoken?secret=c4face",
	"matrix":     "matrix://user:c4face@matrix.example/?rooms=!r:matrix.example",
	"mattermost": "mattermost://mm.example/c4facetoken",
	"notifiarr":  "notifiarr://c4facekey",
	"ntfy":       "ntfy://me:c4face@ntfy.example/c4facetopic",
	"opsgenie":   "opsgenie://api.opsgenie.com/c4face-4a81-4a81-8a81-8a81",
	"pagerduty":  "pagerduty://events.pagerduty.com:443/c4facec4facec4facec4facec4face12",
	"pushbullet": "pushbullet://c4facetokentokentokentokentokentok",
	"pushover":   "pushover://shoutrrr:c4facetoken@user",
	"rocketchat": "rocketchat://rc.example/c4facea/c4faceb",
	"signal":     "signal://me:c4face@signal.example:443/+1234567890/+1234567891",
	"slack":      "slack://hook:T4NARY123-B4NARY123-c4facec4facec4facec4face@webhook",
	"smtp":       "smtp://me:c4face@mail.example:587/?from=me@mail.example&to=you@mail.example",
	"teams":      "teams://11111111-4444-4444-8444-cccccccccccc@22222222-4444-4444-8444-cccccccccccc/c4face01222222222233333333333344/44444444-4444-4444-8444-cccccccccccc/V2ESyij_gAljSoUQHvZoZYzlpAoAXExyOl26dlf1xHEx05?host=test.webhook.office.com",
	"telegram":   "telegram://12345:c4facetoken@telegram?chats=@c",
	"wecom":      "wecom://693axxx6-7aoc-4bc4-97a0-0ec2sifc4face",
	"zulip":      "zulip://bot%40zulip.example:c4facekey@zulip.example?stream=s&topic=t",
}

// example parses an address.
func example(t *testing.T, address string) Address {
	t.Helper()
	all, err := Parse(auth.NewSecret(address))
	if err != nil || len(all) != 1 {
		t.Fatalf("%s: %v", address, err)
	}
	return all[0]
}

// wire is the network.
type wire func(*http.Request) (*http.Response, error)

func (w wire) RoundTrip(r *http.Request) (*http.Response, error) { return w(r) }

func sender(t *testing.T, cfg fetch.Config) *Sender {
	t.Helper()
	cfg.Version = "test"
	out, err := fetch.NewOutside(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return NewSender(out)
}

var hello = Message{"collector: hello", "github/octo needs you.\ncollector status says more."}

// TestEveryServiceIsKnown: what the library has is told of or left out on purpose, and
// has an example.
func TestEveryServiceIsKnown(t *testing.T) {
	theirs := append(new(router.ServiceRouter).ListServices(), "logger")
	slices.Sort(theirs)
	theirs = slices.Compact(theirs)
	if ours := slices.Sorted(slices.Values(append(Services(), "logger"))); !slices.Equal(ours, theirs) {
		t.Errorf("the library has %v, here are %v", theirs, ours)
	}
	if got := slices.Sorted(maps.Keys(examples)); !slices.Equal(got, Services()) {
		t.Errorf("examples of %v", got)
	}
}

// TestEveryServiceGoesThroughTheGuard: whatever a service makes its calls with, they arrive
// at the transport of fetch.Outside, with the message, and an address alone opens no
// connection.
func TestEveryServiceGoesThroughTheGuard(t *testing.T) {
	for _, name := range Services() {
		if name == "smtp" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			var bodies []string
			s := sender(t, fetch.Config{Transport: wire(func(r *http.Request) (*http.Response, error) {
				body := []byte{}
				if r.Body != nil {
					var err error
					if body, err = io.ReadAll(r.Body); err != nil {
						return nil, err
					}
				}
				if text, err := url.QueryUnescape(string(body)); err == nil {
					body = []byte(text)
				}
				mu.Lock()
				bodies = append(bodies, string(body), fmt.Sprint(r.URL.Query(), r.Header))
				mu.Unlock()
				return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: r, Body: io.NopCloser(strings.NewReader(answers[name]))}, nil
			})})
			a := example(t, examples[name])
			if n := len(bodies); n > 0 {
				t.Errorf("%d calls to read an address", n)
			}
			err := s.Send(t.Context(), a, hello)
			if err != nil {
				t.Errorf("%v", err)
			}
			if all := strings.Join(bodies, "\n"); !strings.Contains(all, "github/octo needs you.") || !strings.Contains(all, "collector: hello") {
				t.Errorf("%d calls without the message: %s", len(bodies), all)
			}
		})
	}
}

// answers are what services say when they take a message, where the library reads it.
var answers = map[string]string{
	"bark": `{"code":200,"message":"success"}`, "gotify": `{"id":1}`, "lark": `{"code":0,"msg":"success"}`, "ntfy": `{"id":"x"}`,
	"matrix": `{"access_token":"t","flows":[{"type":"m.login.password"}],"joined_rooms":["!r:matrix.example"],"room_id":"!r:matrix.example"}`,
	"signal": `{"timestamp":"1"}`, "slack": "ok", "telegram": `{"ok":true,"result":{}}`, "wecom": `{"errcode":0,"errmsg":"ok"}`, "teams": "1",
	"pushbullet": `{"active":true,"type":"note","title":"collector: hello","body":"github/octo needs you.\ncollector status says more."}`,
}

// TestNoSecretComesOut: whatever goes wrong at whatever service, neither the error nor the
// address shows a part of it.
func TestNoSecretComesOut(t *testing.T) {
	failures := map[string]wire{
		"lost": func(r *http.Request) (*http.Response, error) {
			return nil, fmt.Errorf("dialling %s: %w", r.URL, io.ErrUnexpectedEOF)
		},
	}
	for _, status := range []int{200, 302, 400, 401, 404, 429, 500} {
		failures[fmt.Sprint(status)] = func(r *http.Request) (*http.Response, error) {
			return &http.Response{
				StatusCode: status, Status: fmt.Sprint(status, " ", r.URL), Request: r, Header: http.Header{"Location": {r.URL.String()}},
				Body: io.NopCloser(strings.NewReader("you sent " + r.URL.String() + secret)),
			}, nil
		}
	}
	for _, name := range Services() {
		a := example(t, examples[name])
		for what, fail := range failures {
			if name == "discord" && (what == "429" || what == "500") {
				continue // the library waits for minutes between its own tries
			}
			err := sender(t, fetch.Config{Transport: fail}).Send(t.Context(), a, hello)
			if f, ok := errors.AsType[*Failure](err); what != "200" && (!ok || f.Whose == "" || f.Next == "") {
				t.Errorf("%s, %s: %v", name, what, err)
			}
			shown := fmt.Sprintf("%v %+v %#v %s", err, err, a, a)
			if text, err := json.Marshal(a); err == nil {
				shown += string(text)
			}
			if f, ok := errors.AsType[*Failure](err); ok {
				shown += f.Reason + f.Whose + f.Next
			}
			if strings.Contains(strings.ToLower(shown), secret) {
				t.Errorf("%s, %s: %s", name, what, shown)
			}
		}
	}
	for _, bad := range []string{
		"c4face", "https://c4face.example", "smtps://me:c4face@mail.example:465/", "ntfy://me:c4face@ntfy.example", "telegram://c4face@no", "c4face://x", "slack://c4face", "smtp://me:c4face@host:x/",
		"generic+c4face://%zz", "discord://c4face", "logger://c4face", "ntfy://ntfy.sh/ok slack://c4face", "matrix://me:c4face@%zz", strings.Repeat("ntfy://c4face.example/t\n", MaxAddresses+1),
	} {
		if got, err := Parse(auth.NewSecret(bad)); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v, %v", bad, got, err)
		}
	}
}

// TestParse: lines, blanks, comments, and names that tell addresses apart.
func TestParse(t *testing.T) {
	got, err := Parse(auth.NewSecret("# mine\nntfy://ntfy.sh/a  ntfy://ntfy.sh/b\r\n\n  # more\n\tgotify://g.example/Ac4facetokenxyz\ngeneric+https://hooks.example/x\nNTFY://ntfy.sh/c"))
	if want := "[ntfy ntfy 2 gotify generic ntfy 3]"; err != nil || fmt.Sprint(got) != want {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := Parse(auth.Secret{}); err != nil || len(got) != 0 {
		t.Errorf("nothing: %v, %v", got, err)
	}
}

// TestJudge says for each answer whose fault it is.
func TestJudge(t *testing.T) {
	for answer, want := range map[int]string{
		200: "", 204: "", 302: "you: redirects", 400: "you, or collector: not accepted", 401: "you: token or password", 403: "you: token or password",
		404: "you: no such topic", 429: "nobody: too many", 500: "the service: a failure", 503: "the service: a failure",
	} {
		s := sender(t, fetch.Config{Transport: wire(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: answer, Header: http.Header{"Location": {"https://else.example"}}, Request: r, Body: http.NoBody}, nil
		})})
		err := s.Send(t.Context(), example(t, "generic://hooks.example/x"), hello)
		whose, words, _ := strings.Cut(want, ": ")
		if f, ok := errors.AsType[*Failure](err); ok != (want != "") || ok && (f.Whose != whose || !strings.Contains(f.Reason, words)) {
			t.Errorf("%d: %+v, wanted %s", answer, f, want)
		}
	}
}

// TestSendOverTheWire: ntfy, Gotify and a server of one's own on this machine are told,
// once that is allowed, and never before.
func TestSendOverTheWire(t *testing.T) {
	var mu sync.Mutex
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		mu.Lock()
		got = append(got, fmt.Sprintf("%s %s %s %s", r.Method, r.URL.Path, r.Header.Get("Title"), body))
		mu.Unlock()
		if user, pass, _ := r.BasicAuth(); r.URL.Path == "/topic" && (user != "me" || pass != secret) {
			w.WriteHeader(http.StatusUnauthorized)
		}
		_, _ = io.WriteString(w, `{"id":1}`)
	}))
	defer server.Close()
	host := server.Listener.Addr().String()
	for address, want := range map[string]string{
		"ntfy://me:c4face@" + host + "/topic?scheme=http":      "POST /topic collector: hello github/octo needs you.",
		"gotify://" + host + "/Ac4facetokenxyz?disabletls=yes": `POST /message  {`,
		"generic+http://" + host + "/mine?template=json":       `POST /mine  {"message":"github/octo`,
	} {
		a := example(t, address)
		err := sender(t, fetch.Config{}).Send(t.Context(), a, hello)
		if f, ok := errors.AsType[*Failure](err); !ok || f.Whose != "you" || !strings.Contains(f.Next, "COLLECTOR_ALLOW_PRIVATE") || len(got) != 0 {
			t.Errorf("%s, not allowed: %v; %v arrived", a, err, got)
		}
		err = sender(t, fetch.Config{AllowPrivate: []string{host}}).Send(t.Context(), a, hello)
		if err != nil || len(got) != 1 || !strings.HasPrefix(got[0], want) {
			t.Errorf("%s: %v; %q arrived, wanted %s", a, err, got, want)
		}
		got = nil
	}
	a := example(t, "ntfy://me:wrong@"+host+"/topic?scheme=http")
	if f, ok := errors.AsType[*Failure](sender(t, fetch.Config{AllowPrivate: []string{host}}).Send(t.Context(), a, hello)); !ok || f.Whose != "you" || !strings.Contains(f.Reason, "401") {
		t.Errorf("a wrong password: %v", f)
	}
}

// TestSilentServer: one that never answers costs half a minute at most, and a stop nothing.
func TestSilentServer(t *testing.T) {
	s := sender(t, fetch.Config{Transport: wire(func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	})})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-time.After(20 * time.Millisecond)
		cancel()
	}()
	if err := s.Send(ctx, example(t, "ntfy://ntfy.example/topic"), hello); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
}
