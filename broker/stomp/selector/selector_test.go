package selector

import (
	"errors"
	"strings"
	"testing"
)

var message = map[string]string{
	"type": "star", "stars": "120", "language": "Go", "content-type": "text/plain", "urgent": "true", "title": "100% it's_new", "n": "x", "AND": "yes", "a.b": "1",
}

func look(name string) (string, bool) {
	v, ok := message[name]
	return v, ok
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		text string
		want bool
	}{
		{"type = 'star'", true},
		{"type <> 'star'", false},
		{"TYPE = 'star'", false}, // names of headers have a case
		{"type='star'and stars>100", true},
		{"stars = 120.0", true},
		{"stars = '120.0'", false}, // two texts
		{"stars BETWEEN 100 AND 120", true},
		{"stars NOT BETWEEN 100 AND 120", false},
		{"stars + 5 * 2 = 130", true},
		{"(stars + 5) * 2 = 250", true},
		{"-stars < -119.5e0", true},
		{"stars / 0 = 1", false},
		{"NOT stars / 0 = 1", false}, // unknown is not false
		{"language IN ('C', 'Go')", true},
		{"language NOT IN ('C', 'Go')", false},
		{"missing NOT IN ('C', 'Go')", false},
		{`"content-type" LIKE 'text/%'`, true},
		{`"content-type" LIKE 'text'`, false},
		{`"content-type" LIKE 'te_t/pl%'`, true},
		{`title LIKE '100!% it''s!_%' ESCAPE '!'`, true},
		{`title LIKE '100!%' ESCAPE '!'`, false},
		{`type LIKE 's.ar'`, false}, // a dot is a dot
		{"missing IS NULL", true},
		{"type IS NULL", false},
		{"type IS NOT NULL", true},
		{"urgent", true},
		{"urgent = TRUE AND NOT urgent = FALSE", true},
		{"n", false},
		{"n = TRUE OR n = FALSE OR n > 1 OR n <= 1", false},
		{"missing = 'x' OR type = 'star'", true},
		{"missing = 'x' AND type = 'star'", false},
		{"NOT (missing = 'x' AND type = 'no')", true},
		{"NOT missing = 'x'", false},
		{"type = 'star' OR missing = 'x' AND FALSE", true}, // AND binds tighter
		{"a.b = 1", true},
		{`"AND" = 'yes' and type > 'a'`, false},
		{`"AND" = 'yes'`, true},
		{"TRUE", true},
		{"1", false},
		{"not not true", true},
	} {
		s, err := Parse(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if got := s.Match(look); got != c.want {
			t.Errorf("%s is %v, want %v", c.text, got, c.want)
		}
	}
}

func TestSyntax(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "it ends",
		"type =":                          "it ends",
		"type = 'x":                       "byte 8 has no end",
		"type = x'":                       "no end",
		"type == 'x'":                     "byte 7",
		"(type = 'x'":                     "should follow",
		"type = 'x')":                     "the end",
		"type IN ()":                      "single quotes",
		"type IN ('a'":                    ") should follow",
		"type LIKE x":                     "single quotes",
		"type LIKE 'x' ESCAPE 'ab'":       "one character",
		"type NOT = 'x'":                  "BETWEEN, IN or LIKE",
		"type IS 5":                       "NULL",
		"a BETWEEN 1 5":                   "AND should",
		"AND = 1":                         "stands where",
		"a & b":                           "means nothing",
		"1e999 = a":                       "too large",
		strings.Repeat("(", 200):          "stand in each other",
		strings.Repeat("NOT ", 200) + "a": "stand in each other",
		strings.Repeat("- ", 200) + "a":   "stand in each other",
		strings.Repeat("a", 5000):         "5000 bytes",
	} {
		if _, err := Parse(text); !errors.Is(err, ErrSyntax) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", text, err, want)
		}
	}
}

// FuzzParse: no text makes the parser or a selector panic, and NOT turns no unknown into a match.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"type = 'star' AND (stars >= 100 OR language IN ('Go', 'Rust'))", `"a-b" LIKE 'x!%%' ESCAPE '!'`, "a NOT BETWEEN -1 AND .5e3", "x IS NOT NULL", "é = 'é'", "1e5 - + a / 2 <> b",
	} {
		f.Add(seed, "7")
	}
	f.Fuzz(func(t *testing.T, text, header string) {
		s, err := Parse(text)
		if err != nil {
			if !errors.Is(err, ErrSyntax) {
				t.Fatal(err)
			}
			return
		}
		headers := func(name string) (string, bool) { return header, len(name)%2 == 0 }
		inverse, err := Parse("NOT (" + text + ")")
		if err == nil && s.Match(headers) && inverse.Match(headers) {
			t.Fatalf("%q and its opposite both match", text)
		}
	})
}
