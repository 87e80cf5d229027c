package fault

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestEveryStatusIsClassified(t *testing.T) {
	want := map[int]Kind{
		401: Unauthorized, 402: Forbidden, 403: Forbidden, 404: Gone, 410: Gone, 451: Gone, 429: RateLimited,
		407: Temporary, 408: Temporary, 421: Temporary, 423: Temporary, 425: Temporary,
	}
	for status := -1; status <= 1000; status++ {
		kind, listed := want[status]
		switch {
		case listed:
		case status >= 200 && status <= 299, status == 304:
			if e := FromStatus("svc", status, []byte("x")); e != nil {
				t.Errorf("%d is a fault: %v", status, e)
			}
			continue
		case status >= 500 && status <= 599:
			kind = Temporary
		default:
			kind = Malformed
		}
		e := FromStatus("svc", status, nil)
		if e == nil || e.Kind != kind || e.Status != status {
			t.Errorf("%d is %+v, want %v", status, e, kind)
			continue
		}
		if e.Reason == "" || e.Whose == "" || e.Next == "" {
			t.Errorf("%d: no reason, whose fault or next step: %+v", status, *e)
		}
	}
}

func TestReasonSaysTheServicesWords(t *testing.T) {
	for body, want := range map[string]string{
		`{"message":"Bad credentials","documentation_url":"https://docs.example"}`:      "svc answered 401 Unauthorized: Bad credentials",
		`{"error":"ExpiredToken","message":"Token has expired"}`:                        "svc answered 401 Unauthorized: ExpiredToken: Token has expired",
		`{"error":{"status":401,"message":"No token provided"}}`:                        "svc answered 401 Unauthorized: No token provided",
		`{"errors":[{"message":"first"},{"message":"second"}]}`:                         "svc answered 401 Unauthorized: first",
		`{"error":"invalid_grant","error_description":"revoked","state":"xyz"}`:         "svc answered 401 Unauthorized: invalid_grant: revoked",
		`{"title":"Unauthorized","detail":"The client is not enrolled","type":"about"}`: "svc answered 401 Unauthorized: Unauthorized: The client is not enrolled",
		"": "svc answered 401 Unauthorized", "{}": "svc answered 401 Unauthorized", "[]": "svc answered 401 Unauthorized", "null": "svc answered 401 Unauthorized: null",
		"<html><body>Sign in</body></html>": "svc answered 401 Unauthorized: a page of HTML",
		`{"message":"cut of`:                "svc answered 401 Unauthorized: a body that is not JSON",
		"try later":                         "svc answered 401 Unauthorized: try later",
	} {
		if got := FromStatus("svc", 401, []byte(body)).Reason; got != want {
			t.Errorf("%s:\n got %q\nwant %q", body, got, want)
		}
	}
	if got := FromStatus("svc", 599, nil).Reason; got != "svc answered 599" {
		t.Errorf("a status without a name: %q", got)
	}
}

func TestMessageIsShortAndHarmless(t *testing.T) {
	key := "ghp_16C7e42F292c6912E7710c838347Ae178B4a"
	for _, body := range []string{
		strings.Repeat("long ", 1000), strings.Repeat("é", 1000), `{"message":"` + strings.Repeat("x", 100000) + `"}`,
		"a\nb\r\nc\td\x1b[31mred\x00\u202eevil\u200b", "\xff\xfe\xfd", "token " + key + ".", `{"message":"Bearer ` + key + ` refused"}`,
		`{"error":"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4ifQ.x"}`,
	} {
		got := Message([]byte(body))
		if n := utf8.RuneCountInString(got); n > 300 || !utf8.ValidString(got) {
			t.Errorf("%.40q: %d runes, valid %v", body, n, utf8.ValidString(got))
		}
		if strings.ContainsFunc(got, func(r rune) bool { return unicode.IsControl(r) || unicode.In(r, unicode.Cf) }) {
			t.Errorf("%.40q: control characters in %q", body, got)
		}
		if strings.Contains(got, key) || strings.Contains(got, "eyJhbGci") {
			t.Errorf("%.40q: a key in %q", body, got)
		}
	}
	if got, want := Message([]byte("a\nb\tc")), "a b c"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := Message([]byte("no such list: https://docs.example.com/rest/reference/a-long-page-name#part")), "no such list: https://docs.example.com/rest/reference/a-long-page-name#part"; got != want {
		t.Errorf("an address is hidden: %q", got)
	}
}

func FuzzMessage(f *testing.F) {
	f.Add([]byte(`{"error":{"message":["x"]}}`))
	f.Add([]byte("<html>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		got := Message(body)
		if utf8.RuneCountInString(got) > 300 || !utf8.ValidString(got) || strings.ContainsFunc(got, unicode.IsControl) {
			t.Errorf("%q gives %q", body, got)
		}
	})
}
