package page_test

import (
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"collector/web/page"
	"collector/web/page/pagetest"
)

// corpus is what somebody might give a like as its title, a network as its name, a
// service as its error.
var corpus = []string{
	`<script>alert(1)</script>`,
	`"><script src=//evil.example></script>`,
	`'><img src=x onerror=alert(1)>`,
	`" onmouseover="alert(1)" x="`,
	`' autofocus onfocus='alert(1)`,
	"` onload=`alert(1)",
	`x onclick=alert(1) style=color:red`,
	`</title><script>alert(1)</script>`,
	`</svg><script>alert(1)</script>`,
	`<svg/onload=alert(1)>`,
	`<svg><animate onbegin=alert(1) attributeName=x></svg>`,
	`<math><mi//xlink:href="data:x,<script>alert(1)</script>">`,
	`<iframe srcdoc="<script>alert(1)</script>"></iframe>`,
	`</textarea></select></option><b>x`,
	`<!--`, `-->`, `<![CDATA[`, `]]>`, `<?xml?>`, `<!doctype html>`,
	`javascript:alert(1)`,
	`JaVaScRiPt:alert(1)`,
	"java\tscript:alert(1)",
	"\x01javascript:alert(1)",
	`data:text/html,<script>alert(1)</script>`,
	`vbscript:x`, `//evil.example/x`, `/\evil.example`, `\\evil.example`, "/\t/evil.example",
	`https:evil.example`, `https://user@evil.example/`, `https:///evil.example`,
	`{{.Now}}`, `{{template "page" .}}`, `${alert(1)}`,
	`&lt;script&gt;`, `&quot;onx=`, `&#x3c;b&#x3e;`, `%3Cb%3E`,
	"a\x00b<b>\x00", "\u202egnp.exe", "\u2028<b>\u2029", "\ufeff<b>", "\xff\xfe<b>",
	"line\r\nline<b>\n\n<p>", strings.Repeat("<b>", 3000),
}

// rewrite returns a copy of a value with every text replaced by what f makes of it.
// Names of icons are the program's own and stay; moments too.
func rewrite(v reflect.Value, of string, f func(of string, t reflect.Type, old string) string) reflect.Value {
	switch v.Type() {
	case reflect.TypeFor[time.Time](), reflect.TypeFor[page.Icon]():
		return v
	}
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	switch v.Kind() {
	case reflect.String:
		out.SetString(f(of, v.Type(), v.String()))
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				out.Field(i).Set(rewrite(v.Field(i), v.Type().Name()+"."+v.Type().Field(i).Name, f))
			}
		}
	case reflect.Slice:
		if !v.IsNil() {
			out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
			for i := range v.Len() {
				out.Index(i).Set(rewrite(v.Index(i), of, f))
			}
		}
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() && v.Kind() == reflect.Pointer {
			out.Set(reflect.New(v.Type().Elem()))
			out.Elem().Set(rewrite(v.Elem(), of, f))
		}
	}
	return out
}

// with is a view with every text replaced.
func with(t *testing.T, v page.View, f func(of string, t reflect.Type, old string) string) page.View {
	t.Helper()
	out, ok := rewrite(reflect.ValueOf(v), "", f).Interface().(page.View)
	if !ok {
		t.Fatal("a view that is none any more")
	}
	return out
}

// shape is a page without its words: elements and the names of their attributes.
func shape(d document) []string {
	var out []string
	for _, n := range d.nodes {
		var keys []string
		for _, a := range n.Attr {
			keys = append(keys, a.Namespace+":"+a.Key)
		}
		slices.Sort(keys)
		depth := 0
		for range n.Ancestors() {
			depth++
		}
		out = append(out, fmt.Sprint(depth, n.Namespace, n.Data, keys))
	}
	return out
}

// TestNothingBecomesMarkup gives each text of each page each line of the corpus, all
// at once, and looks at the parsed page: it has the elements and attributes that it
// has with a harmless word, and leads nowhere else.
func TestNothingBecomesMarkup(t *testing.T) {
	r := renderer(t)
	for _, p := range pagetest.All() {
		t.Run(p.Name, func(t *testing.T) {
			all := func(s string) func(string, reflect.Type, string) string {
				return func(string, reflect.Type, string) string { return s }
			}
			want := shape(draw(t, r, with(t, p.View, all("x"))))
			if len(want) < 10 {
				t.Fatalf("only %d elements", len(want))
			}
			for _, evil := range corpus {
				d := draw(t, r, with(t, p.View, all(evil)))
				got := shape(d)
				if !slices.Equal(got, want) {
					at := 0
					for at < min(len(got), len(want)) && got[at] == want[at] {
						at++
					}
					t.Errorf("%.60q: %d elements, want %d; they differ from %v on", evil, len(got), len(want), got[at:min(at+2, len(got))])
				}
				for _, n := range d.nodes {
					to, _ := follows(n)
					for _, address := range to {
						if !harmless(address) {
							t.Errorf("%.60q: a %s leads to %q", evil, n.Data, address)
						}
					}
				}
			}
		})
	}
}

// harmless says whether an address stays here.
func harmless(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "" && u.Host == "" && (strings.HasPrefix(address, "/") || strings.HasPrefix(address, "#")) && !strings.ContainsAny(address, "\\\t\r\n")
}

// TestEveryTextIsShown gives each text a word of its own and looks for it: what is
// shown nowhere would be escaped by being left out, and should not be in a view.
func TestEveryTextIsShown(t *testing.T) {
	r := renderer(t)
	shown, hidden := map[string]bool{}, map[string]string{}
	for _, p := range pagetest.All() {
		words := map[string]string{}
		v := with(t, p.View, func(of string, typ reflect.Type, old string) string {
			if typ == reflect.TypeFor[page.Theme]() || typ == reflect.TypeFor[page.FieldKind]() {
				return old
			}
			w := fmt.Sprintf("q%dq", len(words))
			words[w] = of
			switch {
			case typ == reflect.TypeFor[page.Path]():
				return "/" + w
			case strings.HasSuffix(of, ".URL"):
				return "https://" + w + ".example/"
			}
			return w
		})
		d := draw(t, r, v)
		for w, of := range words {
			if strings.Contains(d.html, w) {
				shown[of] = true
			} else {
				hidden[of] = p.Name
			}
		}
	}
	// The service's own name is in addresses alone; a QR code is drawn of its rows.
	for of := range hidden {
		if !shown[of] && of != "Service.Name" && of != "Device.QR" {
			t.Errorf("%s is never shown, for example not on %s", of, hidden[of])
		}
	}
	if len(shown) < 120 {
		t.Errorf("only %d fields are shown", len(shown))
	}
}

// TestSecretsAreNotDrawn: a secret setting or entry that a handler leaves in its view
// is not drawn all the same.
func TestSecretsAreNotDrawn(t *testing.T) {
	r := renderer(t)
	s := pagetest.Settings()
	s.Config[1].Value = "c4nary"
	c := pagetest.Password()
	c.Ways[0].Fields[2].Value = "c4nary"
	for _, v := range []page.View{s, c} {
		if d := draw(t, r, v); strings.Contains(d.html, "c4nary") {
			t.Errorf("%T draws a secret", v)
		}
	}
}

// FuzzTitle looks for a title that becomes markup.
func FuzzTitle(f *testing.F) {
	for _, s := range corpus {
		f.Add(s)
	}
	r := renderer(f)
	with := func(t testing.TB, s string) document {
		v := pagetest.Search()
		v.Groups[0].Likes[0].Title = page.Mark(s, nil)
		v.Groups[0].Likes[0].Text = page.Mark(s+"x", nil)
		v.Groups[0].Likes[0].Verb, v.Query = s, s+"x"
		return draw(t, r, v)
	}
	want := shape(with(f, "x"))
	f.Fuzz(func(t *testing.T, s string) {
		if got := shape(with(t, s)); !slices.Equal(got, want) {
			t.Errorf("%q changes the page", s)
		}
	})
}

// TestEventIsOneLine: a live update carries one line, whatever is in it.
func TestEventIsOneLine(t *testing.T) {
	r := renderer(t)
	for _, evil := range append(corpus, "a\n\ndata: x\nevent: y") {
		e := pagetest.Activity().Events[0]
		e.Text[0].Text, e.Remark, e.Link.Text = evil, evil, evil
		line, err := r.Event(e)
		if err != nil || strings.ContainsAny(line, "\r\n") {
			t.Fatalf("%q: %q, %v", evil, line, err)
		}
		n := 0
		for _, x := range parse(t, line).nodes {
			if x.Type == html.ElementNode && (x.Data == "li" || x.Data == "script" || x.Data == "img") {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%q: %q", evil, line)
		}
	}
}
