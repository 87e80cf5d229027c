package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// unnamed is an account of which it is not known whose it is.
var unnamed = regexp.MustCompile("unnamed-[0-9a-f]+")

// TestBothWaysImportAccounts to the byte: each way has a store of its own, which is looked at in
// the end. No token is told, and none is in a file as it was sent.
func TestBothWaysImportAccounts(t *testing.T) {
	mixed := strings.Join([]string{
		`{"service":"github","token":"ghp_` + canary + `1","name":"one"}`,
		``,
		`{"user":"anna","service":"mastodon","token":"` + canary + `","server":"social.example","name":"two"}`,
		`{"service":"gihub","token":"` + canary + `"}`,
		`{"service":"github","token":"` + canary + `"`,
		`{"service":"mastodon","token":"` + canary + `","name":"x"}`,
		`{"service":"mastodon","token":"` + canary + `","name":"x","server":"https://10.0.0.1"}`,
		`{"service":"github","token":"` + strings.Repeat("x", 2<<20) + `"}`,
		`{"service":"github","token":"ghp_` + canary + `2","name":"one"}`,
		`{"service":"github","token":"ghp_` + canary + `3"}`,
		`{"service":"github","token":"ghp_` + canary + `3"}`,
	}, "\n")
	var large strings.Builder
	for i := range 603 {
		fmt.Fprintf(&large, `{"user":"u%d","service":"github","token":"ghp_%s%d","name":"n%d"}`+"\n", i%7, canary, i, i)
	}
	lines := []typed{
		typing(mixed, "accounts import -"),
		typing(mixed, "accounts import - --user bob"),
		typing(mixed, "accounts import - --quiet"),
		typing(large.String(), "accounts import -"),
		typing(large.String(), "accounts import -"),
		typing("", "accounts import -"),
		typing(strings.Repeat("x\n", 10203), "accounts import -"),
		typing("", "accounts import lines"),
		typing("", "accounts import none"),
		typing("", "accounts import ."),
		typing("", "accounts import"),
	}
	var want []outcome
	for _, way := range []string{"store", "socket", "address"} {
		inFolder(t)
		handed(t, "lines", `{"service":"github","token":"ghp_file","name":"from-a-file"}`, noon)
		address, stop := served(t, nil)
		token := tokenFile(t, "--all-users", "--scopes=read,write,admin")
		to := map[string][]string{"store": {"--api=off"}, "socket": {"--api=unix:collector.db.sock"}, "address": {"--api=" + address, "--api-token-file=" + token}}[way]
		var got []outcome
		for _, line := range lines {
			o := program{now: atNoon, stdin: line.stdin}.run(t, append(slices.Clone(line.args), to...)...)
			if strings.Contains(o.out+o.err, canary) {
				t.Errorf("%v tells a token: %s%s", line.args, o.out, o.err)
			}
			got = append(got, o)
		}
		list := program{now: atNoon}.run(t, "accounts", "list", "--json", "--api=off").must(t)
		list.out = unnamed.ReplaceAllString(list.out, "unnamed")
		got = append(got, list)
		stop()
		holdsNoToken(t)
		if want == nil {
			want = got
		}
		for i, o := range got {
			if o != want[i] {
				t.Errorf("%d over the %s:\n%d %s--- %s\nand at the store:\n%d %s--- %s", i, way, o.code, o.out, o.err, want[i].code, want[i].out, want[i].err)
			}
		}
	}
	for i, says := range map[int]string{
		0: "3 networks imported, 2 accounts signed in again, 5 lines refused", 3: "603 networks imported", 4: "0 networks imported, 603 accounts signed in again",
		6: "line 10000: ", 7: "1 network imported", 9: "is a folder",
	} {
		if !strings.Contains(want[i].err, says) {
			t.Errorf("%d: %+v", i, want[i])
		}
	}
	if strings.Contains(want[6].err, "line 10001: ") {
		t.Error("more lines are told one by one than there is a bound for")
	}
}

// TestAnImportOfAccountsElsewhereSaysHowFarItIs, as one here does.
func TestAnImportOfAccountsElsewhereSaysHowFarItIs(t *testing.T) {
	inFolder(t)
	served(t, nil)
	for i, way := range []string{"--api=off", "--api=socket"} {
		var looks atomic.Int64 // each look at the clock is six seconds later
		p := program{stdin: fmt.Sprintf(`{"service":"github","token":"ghp_%d","name":"n%d"}`, i, i), now: func() time.Time { return noon.Add(time.Duration(looks.Add(6)) * time.Second) }}
		if o := p.run(t, "accounts", "import", "-", way); !strings.Contains(o.err, "  1 line read, 1 added\n") {
			t.Errorf("%s: %d %s", way, o.code, o.err)
		}
	}
}

// TestAccountsAreImportedByTheOperator alone: whose the tokens are is asked later, and there may be
// any number.
func TestAccountsAreImportedByTheOperator(t *testing.T) {
	inFolder(t)
	address, _ := served(t, nil)
	for _, scopes := range []string{"--scopes=read,write"} {
		p := program{now: atNoon, stdin: `{"service":"github","token":"` + canary + `","name":"x"}`, env: map[string]string{"COLLECTOR_API": address, "COLLECTOR_API_TOKEN_FILE": tokenFile(t, "--user=anna", scopes)}}
		if o := p.run(t, "accounts", "import", "-"); o.code != exitPermanent || !strings.Contains(o.err, "for the operator alone") || strings.Contains(o.err, canary) {
			t.Errorf("%s: %d %s", scopes, o.code, o.err)
		}
	}
}
