package simulate

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"collector/connectors"
	"collector/connectors/all"
)

// walker reads a list with a real connector and the simplest loop there is.
type walker struct {
	t     *testing.T
	s     *Sim
	c     connectors.Connector
	token string
	given string // the credential as the account has it, of which token may be a part
	got   map[string]time.Time
	calls int
	// removed are the ids that the service itself called gone.
	removed []string
}

func newWalker(t *testing.T, s *Sim, a Account) *walker {
	w := &walker{t: t, s: s, token: a.Tokens[0], given: a.Tokens[0], got: map[string]time.Time{}}
	for _, c := range all.Connectors() {
		if c.Info().Name == a.Service {
			w.c = c
		}
	}
	if w.c == nil {
		t.Fatalf("no connector is called %s", a.Service)
	}
	var given struct{ Access string }
	if json.Unmarshal([]byte(w.token), &given) == nil && given.Access != "" {
		w.token = given.Access
	}
	if w.c.Info().Auth.Session {
		w.token = session(t, s, a).Access
	}
	return w
}

// session signs in with the account's app password.
func session(t *testing.T, s *Sim, a Account) pairOf {
	t.Helper()
	var given struct{ Identifier, AppPassword string }
	if err := json.Unmarshal([]byte(a.Tokens[0]), &given); err != nil {
		t.Fatal(err)
	}
	rep := send(s, http.MethodPost, "https://bsky.social/xrpc/com.atproto.server.createSession", "",
		`{"identifier":`+quote(given.Identifier)+`,"password":`+quote(given.AppPassword)+`}`)
	return readPair(t, rep)
}

type pairOf struct {
	Access  string `json:"accessJwt"`
	Refresh string `json:"refreshJwt"`
	DID     string `json:"did"`
}

func readPair(t *testing.T, rep answer) pairOf {
	t.Helper()
	var p pairOf
	if err := json.Unmarshal([]byte(rep.body), &p); err != nil || rep.status != 200 || p.Access == "" {
		t.Fatalf("no session: %d %s", rep.status, rep.body)
	}
	return p
}

// placed fills in the secrets that a service wants in the address: a token, one with
// an application's key, or a name and a salted password.
func placed(address, token string) string {
	secrets := map[string]string{"access": token}
	var c struct{ Access, ClientID, Identifier, AppPassword string }
	if json.Unmarshal([]byte(token), &c) == nil && c.AppPassword != "" {
		secrets = map[string]string{"identifier": c.Identifier, "salt": "c0ffee", "salted": hashed(c.AppPassword + "c0ffee")}
	} else if c.Access != "" {
		secrets = map[string]string{"access": c.Access, "clientId": c.ClientID}
	}
	for field, secret := range secrets {
		address = strings.ReplaceAll(address, url.QueryEscape(connectors.Secret(field)), url.QueryEscape(secret))
	}
	return address
}

func (w *walker) call(req connectors.Request) connectors.Reply {
	w.t.Helper()
	w.calls++
	r, err := http.NewRequestWithContext(w.t.Context(), req.Method, placed(req.URL, w.given), strings.NewReader(string(req.Body)))
	if err != nil {
		w.t.Fatal(err)
	}
	for k, v := range req.Header {
		r.Header[k] = v
	}
	if auth := w.c.Info().Auth; !req.Anonymous && auth.Header != "" {
		r.Header.Set(auth.Header, auth.Prefix+w.token)
	}
	res, err := w.s.Transport().RoundTrip(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	if res.Header.Get("Content-Encoding") == "gzip" {
		body = []byte(unzipped(w.t, string(body)))
	}
	return connectors.Reply{Status: res.StatusCode, Header: res.Header, Body: body, Origin: r.URL.Scheme + "://" + r.URL.Host}
}

// query is where an account's walk starts: with its identity confirmed.
func (w *walker) query(a Account) connectors.Query {
	w.t.Helper()
	// Lists of public likes are named by their user, and Stack Exchange's by the site.
	q := connectors.Query{Params: map[string]string{"user": a.Name, "site": "stackoverflow"}}
	if in := w.c.Info(); in.Servers && in.Server == "" {
		at, _ := w.s.siteOf(a.Service)
		q.Server = "https://" + at.hosts[0]
	}
	who, ok := w.c.(connectors.Identifier)
	if !ok {
		q.Account = connectors.Identity{ID: a.ID, Name: a.Name}
		return q
	}
	req, err := who.WhoAmI(q)
	if err != nil {
		w.t.Fatal(err)
	}
	if q.Account, err = who.Identity(w.call(req)); err != nil {
		w.t.Fatal(err)
	}
	if q.Account.ID != a.ID || q.Account.Name != a.Name {
		w.t.Errorf("identity %+v, the account is %+v", q.Account, a)
	}
	return q
}

// walk reads from q to the end and returns the resume point.
func (w *walker) walk(q connectors.Query) connectors.Cursor {
	w.t.Helper()
	var resume connectors.Cursor
	for range 1000 {
		req, err := w.c.Request(q)
		if err != nil {
			w.t.Fatal(err)
		}
		rep := w.call(req)
		if f, ok := w.c.(connectors.Faulter); ok {
			if err := f.Fault(rep); err != nil && !errors.Is(err, connectors.ErrPage) {
				w.t.Fatal(err)
			}
		}
		page, err := w.c.Parse(q, rep)
		if err != nil {
			w.t.Fatal(err)
		}
		unknown := w.c.Info().EmptyWrong && len(page.Items) == 0
		if len(page.Bad) > 0 || page.Doubt != "" && !unknown {
			w.t.Errorf("%d bad, the first: %+v; doubt %q", len(page.Bad), page.Bad, page.Doubt)
		}
		for _, it := range page.Items {
			w.got[it.ID] = it.LikedAt
		}
		w.removed = append(w.removed, page.Removed...)
		if page.Resume != "" && (resume == "" || q.Walk == connectors.Poll) {
			resume = page.Resume
		}
		if page.Next == "" {
			return resume
		}
		q.Cursor = page.Next
	}
	w.t.Fatal("the walk does not end")
	return ""
}

// TestConnectorsReadTheTruth walks each service with its real connector: the
// shapes fit together, a backfill finds all, a poll what came since.
func TestConnectorsReadTheTruth(t *testing.T) {
	for _, c := range all.Connectors() {
		service := c.Info().Name
		for _, n := range []int{0, 1, 80, 100, 230} {
			s := New(Options{Seed: uint64(n), Now: clockAt().now, Budgets: map[string][]Budget{c.Info().Provider: {}}})
			if at, of := s.siteOf(service); at == nil {
				t.Errorf("%s is not simulated", service)
				continue
			} else if of != at.lists[0] {
				add(t, s, Spec{Service: at.name, Likes: 7, Name: "mira"})
			}
			a := add(t, s, Spec{Service: service, Likes: n, Name: "mira"})
			w := newWalker(t, s, a)
			q := w.query(a)
			q.Walk = connectors.Backfill
			resume := w.walk(q)
			if d := s.Compare(a.Key, w.got); !d.OK() || len(d.Extra) > 0 {
				t.Errorf("%s, %d likes: %s", service, n, d)
			}
			if _, err := s.Like(a.Key, 90); err != nil {
				t.Fatal(err)
			}
			q.Walk, q.Resume = connectors.Poll, resume
			w.walk(q)
			if d := s.Compare(a.Key, w.got); !d.OK() || len(d.Extra) > 0 {
				t.Errorf("%s, %d likes and 90 new ones: %s", service, n, d)
			}
			if v := s.Violations(); len(v) > 0 {
				t.Errorf("%s: %v", service, v)
			}
		}
	}
}

// TestConnectorsFillBlueskyPosts asks the AppView for the texts.
func TestConnectorsFillBlueskyPosts(t *testing.T) {
	s := New(Options{Seed: 5, Now: clockAt().now})
	a := add(t, s, Spec{Service: Bluesky, Likes: 25, Name: "mira"})
	w := newWalker(t, s, a)
	var ids []string
	for _, l := range s.Likes(a.Key) {
		ids = append(ids, l.ID)
	}
	gone, err := s.Vanish(a.Key, ids[3])
	if err != nil {
		t.Fatal(err)
	}
	h := w.c.(connectors.Hydrator)
	req, err := h.Details(connectors.Query{}, ids)
	if err != nil {
		t.Fatal(err)
	}
	details, err := h.Fill(ids, w.call(req))
	if err != nil {
		t.Fatal(err)
	}
	tagged := 0
	for _, d := range details {
		if d.Gone != (d.Item.ID == gone) || !d.Gone && (d.Item.Text == "" || d.Item.Author.Name == "" || d.Item.CreatedAt.IsZero()) {
			t.Errorf("%+v", d)
		}
		tagged += len(d.Item.Tags)
	}
	if len(details) != 25 || tagged == 0 {
		t.Errorf("%d details, %d tags", len(details), tagged)
	}
}
