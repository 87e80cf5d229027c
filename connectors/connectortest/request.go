package connectortest

import (
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"collector/connectors"
)

// checkRequests: each call is the recorded one, the same when asked again, and
// goes to the service alone without a secret.
func checkRequests(k *kit, wrong report) {
	k.every(wrong, func(_ connectors.Walk, s step) {
		where := s.name
		checkCall(k, where, s.request, wrong)
		again, err := k.c.Request(s.q)
		if err != nil || !reflect.DeepEqual(again, s.request) {
			wrong("%s: Request is not deterministic", where)
		}
		if got := call(s.request); got != s.call {
			wrong("%s: the call is\n\t%s\nrecorded is\n\t%s", where, got, s.call)
		}
		for name, values := range s.headers {
			if !slices.Equal(s.request.Header.Values(name), values) {
				wrong("%s: header %s is %q, recorded is %q", where, name, s.request.Header.Values(name), values)
			}
		}
	})
	q := k.query(connectors.Backfill, "", "")
	for _, size := range []int{1, k.c.Info().PageSize} { // the collector may ask for fewer than the most
		q.PageSize = size
		r, err := k.c.Request(q)
		if err != nil {
			wrong("page size %d: %v", size, err)
			continue
		}
		checkCall(k, "the first page", r, wrong)
	}
	q.PageSize = k.c.Info().PageSize
	most, err1 := k.c.Request(q)
	q.PageSize = 10 * k.c.Info().PageSize
	beyond, err2 := k.c.Request(q)
	if err1 == nil && err2 == nil && call(most) != call(beyond) {
		wrong("asked for more than Info.PageSize, the call is %s: services answer that with an error or fewer", call(beyond))
	}
}

// call is the method and address of a request in the recorded form.
func call(r connectors.Request) string {
	if r.Method == "" {
		return "GET " + r.URL
	}
	return r.Method + " " + r.URL
}

// secretNames are parameters by which services take secrets in addresses.
var secretNames = regexp.MustCompile(`(?i)^((access|oauth|auth|refresh)?_?token|.*secret|.*password|api_?key|key|access|jwt)$`)

// placeholder is what Secret makes.
var placeholder = regexp.MustCompile(`^\{\{secret:[a-zA-Z]+\}\}$`)

// checkCall: https, own hosts, no secret.
func checkCall(k *kit, where string, r connectors.Request, wrong report) {
	u, err := url.Parse(r.URL)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "" {
		wrong("%s: %q is not a plain https address", where, r.URL)
		return
	}
	info := k.c.Info()
	own := slices.Contains(info.Hosts, u.Host)
	if info.Servers {
		for _, server := range []string{k.golden.Query.Server, info.Server} {
			if at, err := url.Parse(server); err == nil && at.Host != "" && at.Host == u.Host {
				own = true
			}
		}
	}
	if !own {
		wrong("%s: host %q is neither in Info.Hosts %q nor the account's server", where, u.Host, info.Hosts)
	}
	checkPlaces(info, where, u, r, wrong)
	if info.Auth.Header != "" && r.Header.Get(info.Auth.Header) != "" {
		wrong("%s: the connector set %s; sign-in belongs to the shared client", where, info.Auth.Header)
	}
	for _, name := range []string{"Authorization", "Cookie", "If-None-Match", "User-Agent", "Accept-Encoding"} {
		if r.Header.Get(name) != "" {
			wrong("%s: the connector set %s, which is the shared client's", where, name)
		}
	}
	for _, name := range r.Quotas {
		if !slices.ContainsFunc(info.Quotas, func(q connectors.Quota) bool { return q.Name == name }) {
			wrong("%s: quota %q is not in Info.Quotas", where, name)
		}
	}
}

// checkPlaces: a secret stands in an address only as the placeholder of a service
// that wants it there, and such a service's calls do say where it goes.
func checkPlaces(info connectors.Info, where string, u *url.URL, r connectors.Request, wrong report) {
	const begins = "{{secret:"
	query, placed := u.Query(), false
	for name, values := range query {
		if info.Auth.Placed && len(values) == 1 && placeholder.MatchString(values[0]) {
			placed = true
			query.Del(name)
		} else if secretNames.MatchString(name) {
			wrong("%s: the address has the parameter %q; sign-in belongs to the shared client", where, name)
		}
	}
	if rest := u.Host + u.Path + fmt.Sprint(query); strings.Contains(rest, begins) {
		wrong("%s: a placeholder of a secret stands in the address, and not as the whole value of a parameter of a service that places it there", where)
	}
	if !info.Auth.Placed || r.Anonymous || placed || strings.Contains(string(r.Body), begins) {
		return
	}
	for _, values := range r.Header {
		if strings.Contains(strings.Join(values, " "), begins) {
			return
		}
	}
	wrong("%s: no placeholder says where the secret goes, and the call is not Anonymous", where)
}

// checkCursors: whatever text a cursor is, the call stays on the service's hosts.
func checkCursors(k *kit, wrong report) {
	hostile := []connectors.Cursor{
		"//evil.example/x", "https://evil.example/x", "@evil.example/", ".evil.example/", ":1@evil.example/", `/\evil.example`, "/a b", "/x\r\nHost: evil.example",
		"asc:-1:100", "asc:1:100000", "asc:99999999999999999999:100", "asc:1", "desc:0:0", "\x00", "?a=b", "#", "/%zz", "é",
	}
	for _, at := range hostile {
		for _, q := range []connectors.Query{k.query(connectors.Backfill, at, ""), k.query(connectors.Poll, "", at), k.query(connectors.Poll, at, at)} {
			r, err := k.c.Request(q)
			if err == nil {
				checkCall(k, "cursor "+string(at), r, wrong)
			}
		}
	}
}
