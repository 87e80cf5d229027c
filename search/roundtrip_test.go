package search

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// roundTrip is the identity that saved searches and feeds stand on.
func roundTrip(t interface{ Fatalf(string, ...any) }, query string) {
	first, _ := Parse(query, noon)
	if first == nil {
		return
	}
	printed := first.String()
	second, problem := Parse(printed, noon)
	if problem != nil || !reflect.DeepEqual(first, second) {
		t.Fatalf("%q prints as %q, which parses with problem %v:\n%#v\nwant\n%#v", query, printed, problem, second, first)
	}
	if again := second.String(); again != printed {
		t.Fatalf("%q prints as %q and then as %q", query, printed, again)
	}
	if n := terms(first); n > maxTerms {
		t.Fatalf("%q has %d terms", query, n)
	}
}

var pieces = []string{
	"raft", "Über", "or", "OR", "-", "(", ")", `"`, "#", "*", "re*", " ", "  ", "in:", "github", "by:", "@ada", "lang:c++",

	"liked:>2025", "age:<30d", "is:removed", "is:", ":", "日本", "a", "--", "\x00", "\xff", "ﬁ", "İ", "foo:bar", "..", "tag:", `"a b"`, "1½",
}

func TestParsePrintParse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		query := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 25).Draw(t, "query"), "")
		roundTrip(t, query)
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range pieces {
		f.Add(s)
	}
	f.Add(`raft (lang:go or #"a b") -by:"Ada L" liked:2025-01..2025-03 raf* -(a -(b or c))`)
	f.Fuzz(func(t *testing.T, query string) {
		e, problem := Parse(query, noon)
		if problem != nil {
			if problem.Offset < 0 || problem.Offset > len(query) {
				t.Fatalf("offset %d", problem.Offset)
			}
			if lines := strings.Count(problem.Caret(), "\n"); lines != 1 {
				t.Fatalf("the caret stands in %d lines", lines+1)
			}
		}
		_ = Match(e, Doc{Words: Words(query)})
		_ = fmt.Sprint(problem)
		roundTrip(t, query)
	})
}
