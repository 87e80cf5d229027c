package fetch

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"collector/connectors"
	"collector/fault"
	"collector/limit"
)

// catcher is a server that records what reaches it.
type catcher struct {
	*httptest.Server
	mu   sync.Mutex
	seen []string
}

func catch(t *testing.T, tls bool) *catcher {
	t.Helper()
	c := &catcher{}
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.seen = append(c.seen, fmt.Sprint(r.Method, " ", r.Host, r.URL, " ", r.Header))
	})
	if c.Server = httptest.NewUnstartedServer(h); tls {
		c.StartTLS()
	} else {
		c.Start()
	}
	t.Cleanup(c.Close)
	return c
}

// TestRedirectsLeakNothing is the matrix of statuses, targets and places of the
// secret. Everything listens on loopback, and all of loopback is allowed, so
// that only the redirect policy stands between the token and the catcher.
func TestRedirectsLeakNothing(t *testing.T) {
	plain, other := catch(t, false), catch(t, true)
	location := ""
	status := 0
	own := 0
	service := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		own++
		w.Header()["Location"] = []string{location}
		w.WriteHeader(status)
	}))
	t.Cleanup(service.Close)
	here, _ := url.Parse(service.URL)
	there, _ := url.Parse(other.URL)
	roots := service.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	sub := strings.Replace(other.URL, "127.0.0.1", "sub.example.com", 1)
	targets := map[string]string{
		"other port":    other.URL + "/",
		"other host":    strings.Replace(other.URL, "127.0.0.1", "example.com", 1),
		"sub-domain":    sub,
		"http":          plain.URL + "/",
		"http, us":      "http://" + here.Host + "/",
		"userinfo":      "https://" + here.Host + "@" + there.Host + "/",
		"userinfo, us":  "https://x:y@" + here.Host + "/",
		"//host":        "//" + there.Host + "/",
		"backslash":     `\\` + there.Host + "/",
		"backslash @":   `https://` + there.Host + `\@` + here.Host + `/`,
		"slash, back":   `/\` + there.Host + "/",
		"IDN":           "https://exämple.com:" + there.Port() + "/",
		"IDN digits":    "https://１２７.0.0.1:" + there.Port() + "/",
		"trailing dot":  "https://localhost.:" + there.Port() + "/",
		"dot, our port": "https://127.0.0.1.:" + here.Port() + "/",
		"other scheme":  "ftp://" + there.Host + "/",
		"three slashes": "https:///" + there.Host + "/",
		"no slashes":    "https:" + there.Host + "/",
		"tab":           "https://" + there.Host + "/\t",
		"@ in path":     "/@" + there.Host + "/",
	}
	bodies := 0
	for _, header := range []string{"Authorization", "Private-Token", "X-Api-Key", "Cookie"} {
		info := connectors.Info{Name: "svc", Provider: "svc", Servers: true, Auth: connectors.Auth{Header: header, Prefix: map[bool]string{true: "Bearer "}[header == "Authorization"]}}
		b := newBench(t, Config{
			AllowPrivate: []string{"127.0.0.0/8", "example.com", "sub.example.com", "localhost", "xn--exmple-cua.com"},
			Roots:        roots, Resolver: nameserver(t, "127.0.0.1"),
		})
		b.store(t, "a1", canary)
		for _, status = range []int{301, 302, 303, 307, 308} {
			for name, target := range targets {
				for _, method := range []string{"GET", "HEAD", "POST"} {
					location = target
					call := Call{
						Info: info, Account: "a1", Name: "svc/o", Server: service.URL, Class: limit.Poll,
						Request: connectors.Request{Method: method, URL: service.URL + "/list?q=1"},
					}
					if method == "POST" {
						bodies++
						call.Request.Body = []byte("token=" + connectors.Secret("access"))
						call.Request.Header = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
					}
					_, err := b.Do(t.Context(), call)
					relative := strings.HasPrefix(name, "slash") || name == "@ in path" || strings.HasPrefix(name, "backslash") && name == "backslash"
					if err == nil || !relative && fault.KindOf(err) != fault.Malformed {
						t.Errorf("%s %d %s %s: %v", header, status, name, method, err)
					}
					if err != nil && strings.Contains(err.Error(), "CANARY") {
						t.Errorf("%s %d %s: %v", header, status, name, err)
					}
				}
			}
		}
	}
	if own < 4*5*len(targets)*3 || bodies == 0 {
		t.Errorf("the service was asked only %d times", own)
	}
	for _, c := range []*catcher{plain, other} {
		for _, s := range c.seen {
			t.Errorf("reached: %s", s)
		}
	}
}

// TestSameOriginRedirectsAreFollowed, at most three, signed anew, without a
// Referer, and each counted as a call.
func TestSameOriginRedirectsAreFollowed(t *testing.T) {
	var seen []http.Header
	hops := 0
	b := newBench(t, Config{Transport: wire(func(r *http.Request) (*http.Response, error) {
		seen = append(seen, r.Header.Clone())
		if len(seen) <= hops {
			return answer(302, "moved", "Location", fmt.Sprintf("/next/%d?from=1", len(seen))), nil
		}
		return answer(200, `[]`), nil
	})})
	b.store(t, "a1", canary)
	for hops = range 6 {
		seen = nil
		asked := 0
		call := star("/user/starred?secret=no")
		call.Before = func() error { asked++; return nil }
		_, err := b.Do(t.Context(), call)
		if (err == nil) != (hops <= 3) {
			t.Errorf("%d redirects: %v", hops, err)
		}
		if want := min(hops, 3) + 1; len(seen) != want || asked != want {
			t.Errorf("%d redirects: %d calls, Before asked %d times", hops, len(seen), asked)
		}
		for _, h := range seen {
			if h.Get("Referer") != "" || h.Get("Authorization") != "Bearer "+canary {
				t.Errorf("%d redirects: headers %v", hops, h)
			}
		}
	}
	rows, _ := b.quotas.Quotas(t.Context(), "")
	if len(rows) != 1 || rows[0].Used != 1+2+3+4+4+4 || rows[0].Out != 0 {
		t.Errorf("counted %+v", rows)
	}
}

func TestMovedServersAreNamed(t *testing.T) {
	b := newBench(t, Config{Transport: wire(func(r *http.Request) (*http.Response, error) {
		return answer(301, "", "Location", "https://new.example/api/v1/favourites?x="+canary), nil
	})})
	b.store(t, "a1", canary)
	_, err := b.Do(t.Context(), visit("https://social.example"))
	f := fault.As(err)
	if f == nil || f.Kind != fault.Malformed || f.Status != 301 || !strings.Contains(f.Reason, "social.example has moved to new.example") || strings.Contains(err.Error(), "CANARY") {
		t.Errorf("got %v", err)
	}
}
