package search

import (
	"fmt"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

func TestNarrow(t *testing.T) {
	for _, c := range []struct{ query, name, value, want string }{
		{"", "in", "github", "in:github"},
		{"raft", "lang", "Go", "raft lang:Go"},
		{"raft or zab", "tag", "two words", `(raft or zab) #"two words"`},
		{"raft lang:go", "liked", "2025", "raft lang:go liked:2025"},
		{"raft lang:go", "lang", "Go", "raft lang:go"},
		{"raft #CLI", "tag", "cli", "raft #CLI"},
		{"raft -lang:go", "lang", "Go", "raft -lang:go lang:Go"},
		{"raft liked:2025", "liked", "2025", "raft liked:2025"},
		{"#go", "tag", "go", "#go"},
		{"#go", "tag", "#go", "#go"},
		{"raft", "tag", `a"b`, "raft"},
		{"raft", "lang", " ", "raft"},
		{"raft", "lang", "", "raft"},
		{"raft", "liked", "1969", "raft"},
		{"raft", "liked", "soon", "raft"},
		{"raft", "is", "odd", "raft"},
		{"raft", "tag", "a)b(", `raft #"a)b("`},
		{"raft", "tag", "or", "raft #or"},
	} {
		e, problem := Parse(c.query, noon)
		if problem != nil {
			t.Fatal(problem)
		}
		got := Narrow(e, c.name, c.value)
		if text := fmt.Sprint(got); got.String() != c.want {
			t.Errorf("%q narrowed to %s %q: %s, want %s", c.query, c.name, c.value, text, c.want)
		}
	}
}

// TestNarrowedCanBeLinkedTo: whatever the value, what is narrowed prints as a query that
// asks for exactly it.
func TestNarrowedCanBeLinkedTo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom([]string{"in", "account", "by", "tag", "lang", "kind", "is", "liked"}).Draw(t, "field")
		value := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"go", "2025-01", " go ", "@ada", "##x", "# x", `"`, "(", "private"})).Draw(t, "value")
		e, _ := Parse("raft or -log", noon)
		got := Narrow(e, name, value)
		if Askable(name, value) == reflect.DeepEqual(got, e) {
			t.Fatalf("%s %q can be asked for: %v, and gives %s", name, value, Askable(name, value), got)
		}
		back, problem := Parse(got.String(), noon)
		if problem != nil || !reflect.DeepEqual(back, got) {
			t.Fatalf("%s %q gives %s, which parses as %#v, %v", name, value, got, back, problem)
		}
		if and, is := got.(And); is && name != "liked" && FieldKey(and[1].(Field).Value) != FieldKey(value) {
			t.Fatalf("%s %q gives %s, which is compared with another value", name, value, got)
		}
	})
}

// TestBothAsksForBoth: what is asked for beside a query stays inside it, "or" or not.
func TestBothAsksForBoth(t *testing.T) {
	for _, c := range []struct{ a, b, want string }{
		{"", "", "<nil>"},
		{"", "raft", "raft"},
		{"raft", "", "raft"},
		{"raft or zab", "lang:go or lang:rust", "(raft or zab) (lang:go or lang:rust)"},
		{"raft -log", "#go liked:2025", "raft -log #go liked:2025"},
		{"-raft", `"a b"`, `-raft "a b"`},
	} {
		a, _ := Parse(c.a, noon)
		b, _ := Parse(c.b, noon)
		got := Both(a, b)
		if fmt.Sprint(got) != c.want {
			t.Errorf("%q and %q: %v, want %s", c.a, c.b, got, c.want)
		}
		if back, problem := Parse(c.want, noon); got != nil && (problem != nil || !reflect.DeepEqual(back, got)) {
			t.Errorf("%s parses as %#v, %v", c.want, back, problem)
		}
	}
}

func TestSame(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"lang:go", "LANG:Go", true},
		{"by:ada", "by:@Ada", true},
		{"lang:go", "tag:go", false},
		{"lang:go", "lang:rust", false},
		{"lang:go", "go", false},
		{"liked:2025", "liked:2025-01..2025-12", true},
		{"liked:2025", "liked:>=2025", false},
		{"liked:2025", "raft", false},
		{"-lang:go", "-lang:Go", true},
		{"-lang:go", "lang:Go", false},
		{"-lang:go", "-lang:rust", false},
		{"raft", "Raft", true},
		{"raft", "raf*", false},
		{"a or b", "a or b", true},
	} {
		a, _ := Parse(c.a, noon)
		b, _ := Parse(c.b, noon)
		if Same(a, b) != c.want || Same(b, a) != c.want {
			t.Errorf("%s and %s: want %v", c.a, c.b, c.want)
		}
	}
}

func TestLoosen(t *testing.T) {
	for query, want := range map[string][]string{
		"": nil, "raft": nil, "raft or zab": nil, `"a b"`: nil, "-raft": nil,
		"raft lang:zig":                {"lang:zig|raft", "raft|lang:zig"},
		"raft (a or b) -c liked:>2025": {"(a or b) -c liked:>2025|raft", "raft -c liked:>2025|a or b", "raft (a or b) liked:>2025|-c", "raft (a or b) -c|liked:>2025"},
	} {
		e, problem := Parse(query, noon)
		if problem != nil {
			t.Fatal(problem)
		}
		var got []string
		for _, l := range Loosen(e) {
			got = append(got, l.Expr.String()+"|"+l.Without.String())
			if back, problem := Parse(l.Expr.String(), noon); problem != nil || !reflect.DeepEqual(back, l.Expr) {
				t.Errorf("%s parses as %#v, %v", l.Expr, back, problem)
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q without a part: %q, want %q", query, got, want)
		}
	}
}
