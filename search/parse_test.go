package search

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, time.March, 31, 12, 0, 0, 0, time.UTC)

func date(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

func TestParse(t *testing.T) {
	raft, lang := Word("raft"), Field{"lang", "Go"}
	for query, want := range map[string]Expr{
		"":                              nil,
		" \t\n ":                        nil,
		"raft":                          raft,
		"RAFT":                          raft,
		"raft consensus":                And{raft, Word("consensus")},
		`"Raft  Consensus"`:             Phrase{"raft", "consensus"},
		`"raft"`:                        raft,
		"raf*":                          Prefix("raf"),
		"RÁF**":                         Prefix("raf"),
		"-raft":                         Not{raft},
		"-raf*":                         Not{Prefix("raf")},
		`-"raft log"`:                   Not{Phrase{"raft", "log"}},
		"raft - log & more":             And{raft, Word("log"), Word("more")},
		"--raft":                        raft,
		"raft or log":                   Or{raft, Word("log")},
		"raft OR log Or tree":           Or{raft, Word("log"), Word("tree")},
		"(raft or log) or tree":         Or{raft, Word("log"), Word("tree")},
		"a b or c d":                    Or{And{Word("a"), Word("b")}, And{Word("c"), Word("d")}},
		"a (b or c) d":                  And{Word("a"), Or{Word("b"), Word("c")}, Word("d")},
		"a (b c) d":                     And{Word("a"), Word("b"), Word("c"), Word("d")},
		"-(a b)":                        Not{And{Word("a"), Word("b")}},
		"-(a or -b)":                    Not{Or{Word("a"), Not{Word("b")}}},
		"-(-a)":                         Not{Not{Word("a")}},
		"((((a))))":                     Word("a"),
		`"or"`:                          Word("or"),
		"-or":                           Not{Word("or")},
		"order":                         Word("order"),
		"foo-bar":                       Phrase{"foo", "bar"},
		"foo-bar*":                      And{Word("foo"), Prefix("bar")},
		"c++":                           Word("c"),
		"日本":                            Phrase{"日", "本"},
		"日本*":                           Phrase{"日", "本"},
		"日*":                            Word("日"),
		"https://raft.github.io":        Phrase{"https", "raft", "github", "io"},
		"std::vector":                   Phrase{"std", "vector"},
		"12:30":                         Phrase{"12", "30"},
		"note: raft":                    And{Word("note"), raft},
		"lang:Go":                       lang,
		"LANG:Go":                       lang,
		`lang:"Go"`:                     lang,
		"lang:c++":                      Field{"lang", "c++"},
		`by:"Ada Lovelace" raft`:        And{Field{"by", "Ada Lovelace"}, raft},
		"by:@ada@social.example":        Field{"by", "@ada@social.example"},
		"in:github account:o kind:post": And{Field{"in", "github"}, Field{"account", "o"}, Field{"kind", "post"}},
		"#raft":                         Field{"tag", "raft"},
		"-#raft":                        Not{Field{"tag", "raft"}},
		"tag:raft":                      Field{"tag", "raft"},
		"tag:#raft":                     Field{"tag", "raft"},
		`#"distributed systems"`:        Field{"tag", "distributed systems"},
		"# raft":                        raft,
		"is:removed is:Private":         And{Field{"is", "removed"}, Field{"is", "Private"}},
		"in:github(raft)":               And{Field{"in", "github"}, raft},
		"liked:2025":                    Time{date(2025, 1, 1), date(2026, 1, 1), "liked:2025"},
		"liked:=2025-02":                Time{date(2025, 2, 1), date(2025, 3, 1), "liked:=2025-02"},
		"liked:>2025-01":                Time{From: date(2025, 2, 1), Text: "liked:>2025-01"},
		"liked:>=2025-01":               Time{From: date(2025, 1, 1), Text: "liked:>=2025-01"},
		"liked:<2025-01-15":             Time{To: date(2025, 1, 15), Text: "liked:<2025-01-15"},
		"liked:<=2024":                  Time{To: date(2025, 1, 1), Text: "liked:<=2024"},
		"liked:2025-01..2025-03":        Time{date(2025, 1, 1), date(2025, 4, 1), "liked:2025-01..2025-03"},
		"liked:2024..2025-03-05":        Time{date(2024, 1, 1), date(2025, 3, 6), "liked:2024..2025-03-05"},
		"liked:..2024":                  Time{To: date(2025, 1, 1), Text: "liked:..2024"},
		"liked:2024..":                  Time{From: date(2024, 1, 1), Text: "liked:2024.."},
		"Liked:2024-02-29":              Time{date(2024, 2, 29), date(2024, 3, 1), "liked:2024-02-29"},
		"age:<30d":                      Time{From: noon.AddDate(0, 0, -30), Text: "age:<30d"},
		"age:<=2W":                      Time{From: noon.AddDate(0, 0, -14), Text: "age:<=2w"},
		"age:36h":                       Time{From: noon.Add(-36 * time.Hour), Text: "age:36h"},
		"age:>1y":                       Time{To: noon.AddDate(-1, 0, 0), Text: "age:>1y"},
		"age:>=6m":                      Time{To: noon.AddDate(0, -6, 0), Text: "age:>=6m"},
		"age:<9999y":                    Time{From: date(1970, 1, 1), Text: "age:<9999y"},
		"raft lang:Go -archived":        And{raft, lang, Not{Word("archived")}},
	} {
		got, problem := Parse(query, noon.Add(123456))
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %#v\nwant %#v", query, got, want)
		}
		if problem != nil {
			t.Errorf("%q: %v", query, problem)
		}
	}
}

// TestParseBadInput holds mistakes to their place and reason, and the rest of
// the query to being searched.
func TestParseBadInput(t *testing.T) {
	for _, c := range []struct {
		query  string
		offset int
		reason string
		want   string
	}{
		{`raft (lang:go`, 5, "never closed", "raft lang:go"},
		{`raft) lang:go`, 4, "closes nothing", "raft lang:go"},
		{`raft "log tree`, 5, "never closed", `raft "log tree"`},
		{`by:"ada`, 3, "never closed", "by:ada"},
		{`raft liked:>yesterday log`, 5, "this is no time", "raft log"},
		{`liked:2025-13 raft`, 0, "this is no time", "raft"},
		{`liked:2025-02-30 raft`, 0, "this is no time", "raft"},
		{`liked:>1969 raft`, 0, "this is no time", "raft"},
		{`liked:>0001`, 0, "this is no time", ""},
		{`liked:.. raft`, 0, "this is no time", "raft"},
		{`liked:2025..>2026 raft`, 0, "this is no time", "raft"},
		{`liked:2025-03..2025-01 raft`, 0, "ends before it begins", "raft"},
		{`age:<30 raft`, 0, "this is no time", "raft"},
		{`age:<30x raft`, 0, "this is no time", "raft"},
		{`age:<99999d raft`, 0, "this is no time", "raft"},
		{`age: raft`, 0, "this is no time", "raft"},
		{`age:-5d raft`, 0, "this is no time", "raft"},
		{`is:gone raft`, 0, "is:removed", "raft"},
		{`in: raft`, 0, "needs a value", "raft"},
		{`in:(raft)`, 0, "needs a value", "raft"},
		{`by:@ raft`, 0, "needs a value", "raft"},
		{`langs:go raft`, 0, "no field langs:, write lang:go", `"langs go" raft`},
		{`raft since:2025`, 5, "no field since:, write liked:>2025-01", `raft "since 2025"`},
		{`raft star:go`, 5, "no field star:, only in: account: by:", `raft "star go"`},
		{`r* raft`, 0, "at least 2 characters", "r raft"},
		{`or raft`, 0, "both sides", "raft"},
		{`raft or`, 7, "both sides", "raft"},
		{`raft or or log`, 7, "both sides", "raft or log"},
		{`(or)`, 1, "both sides", ""},
		{`raft or ()`, 7, "both sides", "raft"},
		{`+++`, 0, "nothing to search for", ""},
		{`""`, 0, "nothing to search for", ""},
		{`()`, 0, "nothing to search for", ""},
		{strings.Repeat("(", 21) + "raft" + strings.Repeat(")", 21), 20, "more than 20 parentheses", "raft"},
		{"\xff( raft", 1, "never closed", "raft"},
	} {
		got, problem := Parse(c.query, noon)
		text := ""
		if got != nil {
			text = got.String()
		}
		if text != c.want {
			t.Errorf("%q searches for %q, want %q", c.query, text, c.want)
		}
		if problem == nil || problem.Offset != c.offset || !strings.Contains(problem.Reason, c.reason) || problem.Text != c.query {
			t.Errorf("%q: problem %+v, want %q at %d", c.query, problem, c.reason, c.offset)
		}
	}
}

func TestParseLimitsTheTerms(t *testing.T) {
	for _, query := range []string{
		strings.Repeat("word ", 300),
		strings.Repeat("wo* ", 300),
		strings.Repeat("a-b-c-de* ", 300),
		strings.Repeat("#tag ", 300),
		strings.Repeat("liked:2025 ", 300),
		`"` + strings.Repeat("word ", 300) + `"`,
	} {
		e, problem := Parse(query, noon)
		if n := terms(e); n < 190 || n > maxTerms {
			t.Errorf("%.20q…: %d terms", query, n)
		}
		if problem == nil || !strings.Contains(problem.Reason, "more than 200 words") {
			t.Errorf("%.20q…: problem %v", query, problem)
		}
	}
}

func terms(e Expr) int {
	n := 0
	switch e := e.(type) {
	case And:
		for _, part := range e {
			n += terms(part)
		}
	case Or:
		for _, part := range e {
			n += terms(part)
		}
	case Not:
		return terms(e.Expr)
	case Phrase:
		return len(e)
	case nil:
		return 0
	default:
		return 1
	}
	return n
}

func TestCaret(t *testing.T) {
	for query, want := range map[string]string{
		"raft liked:>soon": "raft liked:>soon\n     ^ this is no time",
		"日本 (x":            "日本 (x\n     ^ this parenthesis is never closed",
		"e\u0301 (x":       "e\u0301 (x\n  ^ this parenthesis is never closed",
		"a\x1b[31m\t(x":    "a [31m (x\n       ^ this parenthesis is never closed",
		"\x1b(":            " (\n ^ this parenthesis is never closed",
	} {
		_, problem := Parse(query, noon)
		if problem == nil {
			t.Errorf("%q: no problem", query)
			continue
		}
		if got := problem.Caret(); !strings.HasPrefix(got, want) {
			t.Errorf("%q:\n%s\nwant\n%s", query, got, want)
		}
	}
	if got := (&Problem{Offset: 7, Text: "日本 (x", Reason: "why"}).Error(); got != "character 4 of the query: why" {
		t.Errorf("in one line: %s", got)
	}
}
