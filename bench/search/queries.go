package search

import (
	"fmt"
	"regexp"
	"strconv"
)

// query is what is asked, for whom, and what kind of question that is.
type query struct{ kind, text, user string }

// written are the questions, by kind. A number in angle brackets is the word of this
// rank: <0> stands in half of the items, <100> in 2 of 100, <90000> in a handful. What
// is asked of several users stands in asked.
var written = []struct {
	kind  string
	texts []string
}{
	{"everything", []string{""}},
	{"word", []string{"<0>", "<1>", "<3>", "<10>", "<30>", "<60>", "<100>", "<200>", "<500>", "<1000>", "<5000>", "<20000>", "<90000>"}},
	{"words", []string{"<0> <1>", "<0> <100>", "<10> <300>", "<60> <90>", "<100> <200>", "<100> <5000>", "<1000> <2000>", "<0> <1> <2> <3>"}},
	{"or", []string{"<0> or <1>", "<100> or <200>", "<1000> or <2000> or <3000>", "(<0> or <30>) <200>"}},
	{"without", []string{"-<0>", "<1> -<0>", "<100> -<1>", "<1000> -(<0> or <1>)"}},
	{"phrase", []string{`"<0> <1>"`, `"<10> <300>"`, `"<100> <200>"`, `"<1> <0> <2>"`}},
	{"beginning", []string{"ba*", "bad*", "bada*", "fi*", "fif*", "pom*", "zuzu*", "xx*", "ba* <100>", "pom* <0>"}},
	{"tag", []string{"#<0>", "#<100>", "#<1000>", "#<50> lang:rust"}},
	{"author", []string{"by:<0>", "by:<100>", "by:<20> <0>"}},
	{"language", []string{"lang:go", "<0> lang:zig", "<30> lang:zig", "<5000> lang:zig"}},
	{"service", []string{"in:mastodon", "<0> in:github", "<100> in:github", "account:list03", "<10> account:list03"}},
	{"time", []string{"liked:2019", "age:<30d", "<0> liked:2019", "<100> liked:<2018", "<1000> liked:2019-05", "in:mastodon liked:2020"}},
	{"state", []string{"is:private", "<5> is:private", "is:removed"}},
	{"mixed", []string{`<0> <30> lang:go -#<1> in:github liked:>2019`, `("<10> <300>" or <5000>) -by:<0>`, "#<0> or by:<0> or lang:zig"}},
}

// forOthers are asked for a user with a tenth of the items, and for all users.
var forOthers = []string{"", "<0>", "<100>", "<1000>", "fi*", "<0> <100>", "lang:zig"}

// queries are all questions; user "" is all users.
func queries() []query {
	var out []query
	for _, of := range written {
		for _, text := range of.texts {
			out = append(out, query{of.kind, ranked(text), "me"})
		}
	}
	for _, text := range forOthers {
		out = append(out, query{"another's", ranked(text), "you"}, query{"of all", ranked(text), ""})
	}
	return out
}

var rank = regexp.MustCompile(`<(\d+)>`)

// ranked puts words in place of their ranks.
func ranked(text string) string {
	return rank.ReplaceAllStringFunc(text, func(s string) string {
		n, err := strconv.Atoi(s[1 : len(s)-1])
		if err != nil {
			panic(fmt.Sprintf("%s: %v", s, err)) // the expression has let digits through alone
		}
		return word(n)
	})
}
