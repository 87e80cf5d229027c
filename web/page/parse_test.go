package page_test

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"collector/web/page"
	"collector/web/page/pagetest"
)

// document is a page as a browser's parser sees it.
type document struct {
	root  *html.Node
	nodes []*html.Node // elements, in their order
	html  string
}

func renderer(t testing.TB) *page.Renderer {
	t.Helper()
	r, err := page.NewRenderer()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func draw(t testing.TB, r *page.Renderer, v page.View) document {
	t.Helper()
	var b bytes.Buffer
	if err := r.Render(&b, v); err != nil {
		t.Fatal(err)
	}
	return parse(t, b.String())
}

func parse(t testing.TB, text string) document {
	t.Helper()
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	d := document{root: root, html: text}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			d.nodes = append(d.nodes, n)
		}
	}
	return d
}

// all returns the elements of some names.
func (d document) all(names ...string) []*html.Node {
	var out []*html.Node
	for _, n := range d.nodes {
		for _, name := range names {
			if n.Data == name {
				out = append(out, n)
			}
		}
	}
	return out
}

// attr returns the value of an attribute and whether there is one.
func attr(n *html.Node, key string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val, true
		}
	}
	return "", false
}

func value(n *html.Node, key string) string {
	v, _ := attr(n, key)
	return v
}

// text is the text of an element with all in it.
func text(n *html.Node) string {
	var b strings.Builder
	if n.Type == html.TextNode {
		b.WriteString(n.Data)
	}
	for c := range n.ChildNodes() {
		b.WriteString(text(c))
	}
	return b.String()
}

// inside says whether an element is in one of that name.
func inside(n *html.Node, name string) bool {
	for p := range n.Ancestors() {
		if p.Data == name {
			return true
		}
	}
	return false
}

// hidden says whether an element is not shown before a script shows it.
func hidden(n *html.Node) bool {
	for p := range n.Ancestors() {
		if _, is := attr(p, "hidden"); is {
			return true
		}
	}
	_, is := attr(n, "hidden")
	return is
}

// eachPage runs a test on every page.
func eachPage(t *testing.T, f func(t *testing.T, p pagetest.Page, d document)) {
	r := renderer(t)
	for _, p := range pagetest.All() {
		t.Run(p.Name, func(t *testing.T) { f(t, p, draw(t, r, p.View)) })
	}
}
