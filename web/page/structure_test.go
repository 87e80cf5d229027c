package page_test

import (
	"strings"
	"testing"

	"golang.org/x/net/html"

	"collector/web/page/pagetest"
)

// TestLandmarksAndHeadings holds every page to one title, one heading of the first
// rank, none that skips a rank, and the landmarks that a screen reader jumps between.
func TestLandmarksAndHeadings(t *testing.T) {
	eachPage(t, func(t *testing.T, p pagetest.Page, d document) {
		stranger := strings.HasPrefix(p.Name, "door")
		want := map[string]int{"title": 1, "h1": 1, "main": 1, "header": 1, "footer": 1, "dialog": 1}
		if stranger {
			want["header"], want["footer"], want["dialog"] = 0, 0, 0
		}
		got := map[string]int{}
		last := 0
		for _, n := range d.nodes {
			if n.Data == "header" && inside(n, "article") || n.Data == "title" && inside(n, "svg") {
				continue // of an account, of a shape
			}
			got[n.Data]++
			if len(n.Data) == 2 && n.Data[0] == 'h' && n.Data[1] >= '1' && n.Data[1] <= '6' {
				rank := int(n.Data[1] - '0')
				if rank > last+1 {
					t.Errorf("%q is of rank %d after one of rank %d", text(n), rank, last)
				}
				if strings.TrimSpace(text(n)) == "" {
					t.Errorf("an empty heading of rank %d", rank)
				}
				last = rank
			}
		}
		for name, n := range want {
			if got[name] != n {
				t.Errorf("%d %s, want %d", got[name], name, n)
			}
		}
		if value(d.all("html")[0], "lang") != "en" {
			t.Error("the page does not say its language")
		}
		if title := text(d.all("title")[0]); title == "" || !strings.HasSuffix(title, "collector") {
			t.Errorf("the title is %q", title)
		}
		for _, n := range d.all("nav", "section", "aside") {
			if value(n, "aria-label") == "" && value(n, "aria-labelledby") == "" && !inside(n, "nav") {
				t.Errorf("a %s without a name: %.80q", n.Data, text(n))
			}
		}
	})
}

// TestReferencesLeadSomewhere looks at ids: each is there once, and what names one
// finds it.
func TestReferencesLeadSomewhere(t *testing.T) {
	eachPage(t, func(t *testing.T, p pagetest.Page, d document) {
		ids := map[string]bool{}
		for _, n := range d.nodes {
			if id, ok := attr(n, "id"); ok {
				if ids[id] || id == "" || strings.ContainsAny(id, " \t") {
					t.Errorf("the id %q is there twice, or is none", id)
				}
				ids[id] = true
			}
		}
		for _, n := range d.nodes {
			for _, key := range []string{"aria-labelledby", "aria-describedby", "for", "data-swap", "data-dialog"} {
				if v, ok := attr(n, key); ok && !ids[v] {
					t.Errorf("%s=%q of a %s leads nowhere", key, v, n.Data)
				}
			}
			if to := value(n, "href"); n.Data == "a" && strings.HasPrefix(to, "#") && !ids[to[1:]] {
				t.Errorf("%q leads to %s, which is not there", text(n), to)
			}
		}
	})
}

// TestFormsAreLabelled holds every form to a method, an address and a name, and every
// control to a label; none stands in another form.
func TestFormsAreLabelled(t *testing.T) {
	eachPage(t, func(t *testing.T, p pagetest.Page, d document) {
		labelled := map[string]bool{}
		for _, n := range d.all("label") {
			if strings.TrimSpace(text(n)) == "" {
				t.Error("an empty label")
			}
			labelled[value(n, "for")] = true
		}
		for _, n := range d.all("form") {
			method, action := value(n, "method"), value(n, "action")
			if value(n, "aria-label") == "" {
				t.Errorf("the form of %q has no name", action)
			}
			if method != "get" && method != "post" && method != "dialog" {
				t.Errorf("the form of %q has the method %q", action, method)
			}
			if method != "dialog" && !strings.HasPrefix(action, "/") {
				t.Errorf("a form is sent to %q", action)
			}
		}
		// The parser drops a form inside a form, so the text is counted as well.
		if n := strings.Count(d.html, "<form"); n != len(d.all("form")) {
			t.Errorf("%d forms are written, %d are there: one stands in another", n, len(d.all("form")))
		}
		for _, n := range d.all("input", "select", "textarea") {
			if value(n, "type") == "hidden" {
				continue
			}
			id, _ := attr(n, "id")
			if value(n, "aria-label") == "" && !(id != "" && labelled[id]) && !inside(n, "label") {
				t.Errorf("the %s %q has no label", n.Data, value(n, "name"))
			}
			if (value(n, "name") == "" || !inside(n, "form")) && !hidden(n) {
				t.Errorf("the %s %q is sent nowhere", n.Data, id)
			}
		}
		for _, n := range d.all("button", "a", "summary") {
			if strings.TrimSpace(text(n)) == "" {
				t.Errorf("a %s without words: %v", n.Data, n.Attr)
			}
		}
		for _, n := range d.all("button") {
			script := value(n, "type") == "button"
			if script && !hidden(n) {
				t.Errorf("the button %q needs a script and is shown without one", text(n))
			}
			if !script && !inside(n, "form") {
				t.Errorf("the button %q sends nothing", text(n))
			}
		}
	})
}

// TestOnePlaceIsGoneTo: where the address of a form leads to a part of its answer, a browser goes
// there, and complains of a field that wants the focus as well.
func TestOnePlaceIsGoneTo(t *testing.T) {
	eachPage(t, func(t *testing.T, p pagetest.Page, d document) {
		for _, n := range d.all("input", "select", "textarea", "button") {
			if _, wants := attr(n, "autofocus"); !wants {
				continue
			}
			for form := n.Parent; form != nil; form = form.Parent {
				if form.Data == "form" && strings.Contains(value(form, "action"), "#") {
					t.Errorf("the %s %q wants the focus in a form that is sent to %q", n.Data, value(n, "name"), value(form, "action"))
				}
			}
		}
	})
}

// TestTablesAndDrawingsAreNamed looks at what has rows or shapes.
func TestTablesAndDrawingsAreNamed(t *testing.T) {
	eachPage(t, func(t *testing.T, p pagetest.Page, d document) {
		for _, n := range d.all("th") {
			if scope := value(n, "scope"); scope != "col" && scope != "row" {
				t.Errorf("the head %q says not of what", text(n))
			}
			if strings.TrimSpace(text(n)) == "" {
				t.Error("an empty head of a table")
			}
		}
		for _, n := range d.all("td") {
			if _, ok := attr(n, "data-l"); !ok && value(n, "class") != "acts" && value(n, "class") != "pick" {
				t.Errorf("the cell %q has no label for the narrow form", text(n))
			}
		}
		for _, n := range d.all("svg") {
			hidden, role := value(n, "aria-hidden") == "true", value(n, "role") == "img"
			if hidden == role || role && value(n, "aria-label") == "" {
				t.Errorf("a drawing that is neither named nor hidden: %v", n.Attr)
			}
		}
		for _, n := range d.all("progress") {
			if value(n, "aria-label") == "" {
				t.Error("a progress without a name")
			}
		}
		for _, n := range d.all("time") {
			if value(n, "datetime") == "" {
				t.Errorf("the time %q says nothing to programs", text(n))
			}
		}
	})
}

// TestOneMainButton counts what calls for a press. A note that needs somebody has one
// of its own, and so has a way of signing in that is folded away.
func TestOneMainButton(t *testing.T) {
	eachPage(t, func(t *testing.T, p pagetest.Page, d document) {
		n := 0
		for _, b := range d.all("a", "button") {
			note := false
			for a := range b.Ancestors() {
				note = note || strings.HasPrefix(value(a, "class"), "note") || a.Data == "details"
			}
			if strings.Contains(" "+value(b, "class")+" ", " main ") && !note {
				n++
			}
		}
		if n > 1 {
			t.Errorf("%d main buttons", n)
		}
	})
}

// TestANoteSaysTheNextStep holds every failure to the three parts of a note.
func TestANoteSaysTheNextStep(t *testing.T) {
	seen := 0
	eachPage(t, func(t *testing.T, p pagetest.Page, d document) {
		for _, n := range d.nodes {
			if value(n, "class") != "note bad" {
				continue
			}
			seen++
			parts := map[string]bool{}
			for c := range n.Descendants() {
				if c.Type == html.ElementNode {
					parts[c.Data+" "+value(c, "class")] = true
				}
			}
			if !parts["p dim"] || !parts["a btn main"] {
				t.Errorf("this failure says not whose fault it is, or no next step: %q", text(n))
			}
		}
	})
	if seen < 2 {
		t.Errorf("only %d failures are shown", seen)
	}
}

// TestSimulatedDataIsMarked looks for the banner and the title.
func TestSimulatedDataIsMarked(t *testing.T) {
	d := draw(t, renderer(t), pagetest.Demo())
	if title := text(d.all("title")[0]); title != "[simulated] Likes · collector" {
		t.Errorf("the title is %q", title)
	}
	banner := 0
	for _, n := range d.all("aside") {
		if value(n, "class") == "sim" && strings.Contains(text(n), "SIMULATED") && n.Parent.Data == "body" {
			banner++
		}
	}
	if banner != 1 || !strings.Contains(d.html, "simulated likes") {
		t.Errorf("%d banners", banner)
	}
	if value(d.all("html")[0], "data-theme") != "dark" {
		t.Error("the page is not dark")
	}
}

// TestStrangersLearnNothing: before sign-in no page names the store or the version.
func TestStrangersLearnNothing(t *testing.T) {
	seen := 0
	eachPage(t, func(t *testing.T, p pagetest.Page, d document) {
		if !strings.HasPrefix(p.Name, "door") {
			return
		}
		seen++
		for _, word := range []string{"1.0.0", "collector.db", "Lisbon", "/accounts#", "<script"} {
			if strings.Contains(d.html, word) {
				t.Errorf("it says %q", word)
			}
		}
	})
	if seen < 5 {
		t.Errorf("only %d doors", seen)
	}
}
