package connectortest

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"unicode"

	"collector/connectors"
	"collector/fault"
)

// sharedFaults is what status and body mean at every service that does not say
// otherwise in golden.json. A body decides nothing here: the words of services
// are localised and change.
func sharedFaults() []faulty {
	page := "<html><body><h1>An error</h1></body></html>"
	var out []faulty
	add := func(kind fault.Kind, body string, statuses ...int) {
		for _, s := range statuses {
			name := kind.String()
			if kind == fault.Unknown {
				name = ""
			}
			out = append(out, faulty{Status: s, Body: body, Kind: name})
		}
	}
	add(fault.Unknown, "[]", 200, 201, 202, 206)
	add(fault.Unknown, "", 204, 304)
	add(fault.Malformed, "", 300, 301, 302, 303, 307, 308)
	add(fault.Malformed, `{"message":"Problems parsing JSON"}`, 400, 405, 406, 409, 411, 412, 413, 414, 415, 418, 422, 428, 431)
	add(fault.Malformed, page, 400, 422)
	add(fault.Unauthorized, `{"message":"Requires authentication"}`, 401)
	add(fault.Unauthorized, page, 401)
	add(fault.Unauthorized, "", 401)
	add(fault.Forbidden, `{"message":"Forbidden"}`, 402, 403)
	add(fault.Forbidden, page, 403)
	add(fault.Gone, `{"message":"Not Found"}`, 404, 410, 451)
	add(fault.Gone, page, 404, 410)
	add(fault.RateLimited, `{"message":"Too many requests"}`, 429)
	add(fault.RateLimited, page, 429)
	add(fault.RateLimited, "", 429)
	add(fault.Temporary, "", 407, 408, 421, 423, 425)
	add(fault.Temporary, page, 500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 527, 530)
	add(fault.Temporary, `{"error":"InternalServerError","message":"Internal Server Error"}`, 500, 501, 507, 508, 511)
	add(fault.Temporary, "\xff\xfe\x00{", 503)
	return out
}

// checkFaults: every reply has a kind, and every fault says what happened, whose
// it is and what to do, without the secrets that the reply repeats.
func checkFaults(k *kit, wrong report) {
	special := map[int]bool{}
	for _, f := range k.golden.Faults {
		if f.Every {
			special[f.Status] = true
		}
		k.checkFault(f, wrong)
	}
	for _, f := range sharedFaults() {
		own := slices.ContainsFunc(k.golden.Faults, func(g faulty) bool { return g.Status == f.Status && g.Body == f.Body && len(g.Header) == 0 })
		if !special[f.Status] && !own {
			k.checkFault(f, wrong)
		}
	}
	key := "ghp_" + strings.Repeat("Ab3", 12)
	for _, body := range []string{`{"message":"bad key ` + key + `"}`, `{"error":"x","message":"Bearer ` + key + `"}`, "the token " + key + " is bad", "[[[[[[[[", `{"error":{"error":{"error":{}}}}`} {
		for status := 100; status < 600; status++ {
			err := k.faultOf(connectors.Reply{Status: status, Header: http.Header{}, Body: []byte(body)})
			if err != nil && strings.Contains(err.Error(), key) {
				wrong("the fault of status %d repeats a key: %v", status, err)
			}
		}
	}
}

func (k *kit) checkFault(f faulty, wrong report) {
	header := http.Header{}
	for name, value := range f.Header {
		header.Set(name, value)
	}
	reply := connectors.Reply{Status: f.Status, Header: header, Body: []byte(f.Body)}
	err := k.faultOf(reply)
	if isPage := errors.Is(err, connectors.ErrPage); isPage || f.Kind == pageKind {
		if isPage != (f.Kind == pageKind) {
			wrong("status %d with %.80q is %v, want %s", f.Status, f.Body, err, kindName(f.Kind))
		}
		if _, err := k.c.Parse(k.query(connectors.Backfill, "", ""), reply); fault.KindOf(err) != fault.Malformed {
			wrong("status %d with %.80q in place of the first page is %v, want a Malformed error", f.Status, f.Body, err)
		}
		return
	}
	if got, want := fault.KindOf(err).String(), kindName(f.Kind); got != want || (err == nil) != (f.Kind == "") {
		wrong("status %d with %.80q is %s (%v), want %s", f.Status, f.Body, got, err, want)
		return
	}
	if err == nil {
		return
	}
	e := fault.As(err)
	if e.Revoked != f.Revoked {
		wrong("status %d with %.80q: revoked %v, want %v", f.Status, f.Body, e.Revoked, f.Revoked)
	}
	if e.Reason == "" || e.Whose == "" || e.Next == "" || e.Status != f.Status {
		wrong("status %d with %.80q: no reason, whose fault, next step or status in %+v", f.Status, f.Body, *e)
	}
	if !strings.Contains(err.Error(), f.Says) {
		wrong("status %d with %.80q says %q, want %q in it", f.Status, f.Body, err, f.Says)
	}
	if strings.ContainsFunc(err.Error(), unicode.IsControl) || len(err.Error()) > 2000 {
		wrong("status %d with %.80q: control characters, or too long: %q", f.Status, f.Body, err)
	}
}

// pageKind is the kind of a reply that is no fault but a page (connectors.ErrPage).
const pageKind = "page"

// kindName is how fault prints a kind that golden.json leaves empty for "none".
func kindName(s string) string {
	if s == "" {
		return fault.Unknown.String()
	}
	return s
}
