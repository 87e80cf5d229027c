package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"collector/item"
	"collector/state"
	"collector/store"
)

// nasty is what people put into names of things.
func nasty() []item.Item {
	formula := thing("f1", "=HYPERLINK(\"https://evil.example\";\"raft\")")
	formula.Text = "+1\tand -1"
	formula.Author.Name = "@SUM(1+1)*cmd|' /C calc'!A0"
	terminal := thing("t1", "raft \x1b]0;title\x07\x1b[31mred\u009b2J\u202egnp.exe\u2066")
	terminal.Text = "one\r\ntwo\x00\x7f\u2028three"
	terminal.URL = "https://example.org/\x1b[2J"
	terminal.Tags = []string{"go\x1b[0m"}
	order := thing("o1", "raft estimated")
	order.LikedFrom, order.Private, order.CreatedAt = item.FromOrder, true, time.Time{}
	return []item.Item{formula, terminal, order}
}

func normal() state.Progress {
	return state.Progress{Mode: state.Normal, Condition: state.OK, ScheduledTo: noon.Add(time.Hour), Reason: "polled", Walks: 1, LastOKAt: noon.Add(-time.Minute)}
}

func someItems(s *seeder) {
	raft := thing("r1", "etcd-io/raft")
	raft.LikedAt = noon.Add(-time.Hour)
	s.network("me", "github", "", "octocat", append(nasty(), raft), normal())
	s.network("anna", "github", "", "octocat", []item.Item{thing("r1", "raft of anna")}, normal())
}

func TestSearch(t *testing.T) {
	dir := here(t)
	inFolder(t)
	seeded(t, someItems)
	p := program{now: atNoon}
	o := p.run(t, "search", "raft").must(t)
	golden(t, dir, "search", o.out+"--- standard error\n"+o.err)
	golden(t, dir, "search-json", p.run(t, "search", "--json", "--user=anna", "raft").must(t).out)
	o = p.run(t, "search", "--sort=newest", "--urls", "--limit=1", "raft").must(t)
	if o.out != "https://example.org/r1\n" || !strings.Contains(o.err, "--after=") {
		t.Errorf("one address: %q, %q", o.out, o.err)
	}
	after := strings.TrimSpace(o.err[strings.Index(o.err, "--after=")+len("--after="):])
	o = p.run(t, "search", "--sort=newest", "--urls", "--limit=1", "--after", after, "raft").must(t)
	if o.must(t).out != "https://example.org/f1\n" {
		t.Errorf("the next address is %q", o.out)
	}
}

// TestSearchMistakes: a mistake is shown with a caret, and what was understood
// is searched all the same.
func TestSearchMistakes(t *testing.T) {
	dir := here(t)
	inFolder(t)
	seeded(t, someItems)
	p := program{now: atNoon}
	o := p.run(t, "search", "--urls", "--user=anna", `raft lang:`)
	golden(t, dir, "search-mistake", fmt.Sprintf("exit %d\n%s--- standard error\n%s", o.code, o.out, o.err))
	o = p.run(t, "search", "lang:")
	golden(t, dir, "search-nothing-understood", fmt.Sprintf("exit %d\n%s--- standard error\n%s", o.code, o.out, o.err))
	if o := p.run(t, "export", "--query", "raft lang:"); o.code != exitUsage || o.out != "" {
		t.Errorf("half a query gave an export: %d %q", o.code, o.out)
	}
}

func TestQueryOfSeveralWords(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"raft lang:go"}, "raft lang:go"},
		{[]string{"raft", "lang:go"}, "raft lang:go"},
		{[]string{"consensus algorithm", "lang:go"}, `"consensus algorithm" lang:go`},
		{[]string{"(a or b)", "c"}, "(a or b) c"},
		{[]string{`"a b"`, "c"}, `"a b" c`},
	} {
		if got := queryOf(c.args); got != c.want {
			t.Errorf("%q: %s, want %s", c.args, got, c.want)
		}
	}
	if o := (program{}).run(t, "search", "raft", "-java"); o.code != exitUsage || !strings.Contains(o.err, "quotation marks") {
		t.Errorf("an unquoted -: %d %s", o.code, o.err)
	}
}

// TestExport holds the fields and the order to the interface.
func TestExport(t *testing.T) {
	dir := here(t)
	inFolder(t)
	seeded(t, someItems)
	p := program{now: atNoon}
	jsonl := p.run(t, "export").must(t)
	golden(t, dir, "export-jsonl", jsonl.out)
	golden(t, dir, "export-csv", p.run(t, "export", "--format=csv").must(t).out)
	for l := range strings.Lines(jsonl.out) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(l), &fields); err != nil {
			t.Fatal(err)
		}
		want := []string{
			"user", "service", "network", "account", "id", "url", "title", "text", "author", "kind", "tags", "language",
			"private", "createdAt", "likedAt", "likedAtSource", "firstSeenAt", "removedAt", "removedBecause",
			"image", "detailsMissing",
		}
		for _, k := range want {
			if _, ok := fields[k]; !ok {
				t.Errorf("the field %s is missing", k)
			}
		}
		author, _ := fields["author"].(map[string]any)
		if len(fields) != len(want) || len(author) != 3 {
			t.Errorf("fields %v, author %v", len(fields), author)
		}
	}
	rows, err := csv.NewReader(strings.NewReader(p.run(t, "export", "--format=csv").must(t).out)).ReadAll()
	if err != nil || len(rows) != 6 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if o := p.run(t, "export", "--network=github/octocat"); o.code != exitUsage || !strings.Contains(o.err, "--user") {
		t.Errorf("a name that two users have: %d %s", o.code, o.err)
	}
	if o := p.run(t, "export", "--network=github/octocat", "--user=anna").must(t); strings.Count(o.out, "\n") != 1 {
		t.Errorf("one network of one user: %s", o.out)
	}
	if o := p.run(t, "export", "--format=xml"); o.code != exitUsage {
		t.Errorf("an unknown format ends with %d", o.code)
	}
}

// TestNothingReachesTheTerminal looks at every byte of every output over items
// that attack a terminal or a spreadsheet.
func TestNothingReachesTheTerminal(t *testing.T) {
	inFolder(t)
	seeded(t, someItems)
	p := program{now: atNoon}
	for _, args := range []string{"search raft", "search --json raft", "search --urls raft", "export", "export --format=csv", "export --format=html", "export --format=md", "status", "status --json", "explain github/octocat --user me", "changes", "accounts list"} {
		o := p.run(t, strings.Fields(args)...).must(t)
		for i, r := range o.out + o.err {
			if unsafeRune(r) {
				t.Errorf("%s prints %U at %d", args, r, i)
			}
		}
	}
	rows, err := csv.NewReader(strings.NewReader(p.run(t, "export", "--format=csv").must(t).out)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		for _, c := range row {
			if c != "" && strings.ContainsRune("=+-@\t\r", rune(c[0])) {
				t.Errorf("a spreadsheet would run %q", c)
			}
		}
	}
}

// TestSimulatedIsSaid: every command that shows items of a simulated store says
// so, in data that may travel too.
func TestSimulatedIsSaid(t *testing.T) {
	inFolder(t)
	seeded(t, func(s *seeder) {
		someItems(s)
		s.must(s.st.SetMeta(t.Context(), store.MetaSimulated, "1"))
	})
	p := program{now: atNoon}
	for _, args := range []string{"status", "search raft", "search --json raft", "search --urls raft", "export", "export --format=csv", "export --format=html", "export --format=md", "changes", "explain github/octocat --user=me", "accounts list", "accounts list --json", "status --json"} {
		o := p.run(t, strings.Fields(args)...).must(t)
		if !strings.Contains(o.out+o.err, "simulated") {
			t.Errorf("%s does not say that it is simulated", args)
		}
	}
	o := p.run(t, "export").must(t)
	if n := strings.Count(o.out, `"title":"[simulated] `); n != 5 {
		t.Errorf("%d of 5 exported items are marked", n)
	}
}

func TestExportedFieldsHaveNoOther(t *testing.T) {
	if n := reflect.TypeFor[exported]().NumField(); n != 21 {
		t.Errorf("an exported item has %d fields, the interface names 21", n)
	}
}

// TestJSONIsLossless: what is escaped for the terminal is the same text for a
// program.
func TestJSONIsLossless(t *testing.T) {
	inFolder(t)
	seeded(t, someItems)
	found := false
	for l := range strings.Lines(program{now: atNoon}.run(t, "export").must(t).out) {
		var e exported
		if err := json.Unmarshal([]byte(l), &e); err != nil {
			t.Fatal(err)
		}
		found = found || e.Title == nasty()[1].Title && e.Text == nasty()[1].Text
	}
	if !found {
		t.Error("the text with control characters did not come back as it was")
	}
}

func FuzzPlain(f *testing.F) {
	for _, s := range []string{"", "raft", "\x1b[31m", "\x9b", "a\u202eb", "\xff\xfe", "\t\n\r", "日本", "\u2028"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, r := range plain(s) {
			if unsafeRune(r) {
				t.Errorf("%q keeps %U", s, r)
			}
		}
		if strings.ContainsAny(line(s), "\n\t") {
			t.Errorf("%q is not one line", s)
		}
		if plain(plain(s)) != plain(s) {
			t.Errorf("%q changes twice", s)
		}
	})
}
