package recording

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func packed(t *testing.T, s string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(s)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

// TestForms reads one invented exchange in each form and gets the same of all.
func TestForms(t *testing.T) {
	const body = `[{"id":7,"name":"ärger"}]`
	yamlTape := "interactions:\n- request:\n    body: null\n    method: GET\n    uri: https://likes.example/list?page=2\n" +
		"  response:\n    body:\n      string: !!binary |\n        " + packed(t, body) + "\n" +
		"    headers:\n      content-encoding: [gzip]\n      content-length: ['31']\n      link: ['<https://likes.example/list?page=3>; rel=\"next\"']\n" +
		"    status: {code: 200, message: OK}\nversion: 1\n"
	link := `<https://likes.example/list?page=3>; rel=\"next\"`
	cases := map[string]string{
		"vcr yaml": yamlTape,
		"vcr json": `{"http_interactions":[{"request":{"method":"get","uri":"https://likes.example/list?page=2","body":{"encoding":"UTF-8","base64_string":""}},` +
			`"response":{"status":{"code":200,"message":"OK"},"headers":{"Link":["` + link + `"],"Content-Length":["31"]},"body":{"base64_string":"` + base64.StdEncoding.EncodeToString([]byte(body)) + `"}}}]}`,
		"nock": `[{"scope":"https://likes.example:443","method":"get","path":"/list?page=2","body":"","status":200,"response":` + body + `,"rawHeaders":["Link","` + link + `","Content-Length","31"]}]`,
		"list": `[{"request":{"method":"GET","url":"https://likes.example/list?page=2","body":null},"response":{"status":200,"headers":{"Link":"` + link + `","Connection":"close"},"body":` + body + `}}]`,
		"flat": `[{"method":"GET","url":"https://likes.example/list?page=2","status":200,"headers":{"Link":"` + link + `","Connection":"close"},"body":` + body + `}]`,
		"pygithub": "https\nGET\nlikes.example\nNone\n/list?page=2\n{'User-Agent': 'x'}\nNone\n200\n" +
			`[('link', '<https://likes.example/list?page=3>; rel="next"'), ('content-length', '31')]` + "\n" + body + "\n",
	}
	for form, data := range cases {
		f := Read("one", []byte(data))
		if f.Problem != nil || f.Form != form || len(f.Exchanges) != 1 {
			t.Errorf("%s: read as %q with %d exchanges: %v", form, f.Form, len(f.Exchanges), f.Problem)
			continue
		}
		e := f.Exchanges[0]
		if e.Method != "GET" || e.Path() != "/list?page=2" || e.Origin() != "https://likes.example" || e.Status != 200 || string(e.Body) != body || e.BodyOnly() {
			t.Errorf("%s: %+v", form, e)
		}
		if got := e.Header.Get("Link"); got != `<https://likes.example/list?page=3>; rel="next"` {
			t.Errorf("%s: Link %q", form, got)
		}
		for _, name := range wireHeaders {
			if e.Header.Get(name) != "" {
				t.Errorf("%s: kept %s, which describes bytes that are gone", form, name)
			}
		}
		if len(e.Sent) != 0 {
			t.Errorf("%s: a body was sent: %q", form, e.Sent)
		}
	}
}

func TestHeadersAsNumbersAndLists(t *testing.T) {
	f := Read("n.json", []byte(`[{"scope":"https://likes.example:443","method":"get","path":"/a","status":422,"response":"no","headers":{"x-left":49,"vary":["a","b"]}}]`))
	if f.Problem != nil || f.Exchanges[0].Header.Get("X-Left") != "49" || len(f.Exchanges[0].Header["Vary"]) != 2 || string(f.Exchanges[0].Body) != "no" {
		t.Fatalf("%+v", f)
	}
	if f := Read("n.json", []byte(`[{"scope":"https://likes.example:443","path":"/a","status":200,"headers":{"x-left":{}}}]`)); f.Problem == nil {
		t.Errorf("an object was read as a header: %+v", f)
	}
}

func TestBodyWithoutCall(t *testing.T) {
	f := Read("plain.json", []byte(`[{"id":1}]`))
	if f.Form != "body" || len(f.Exchanges) != 1 || !f.Exchanges[0].BodyOnly() || f.Exchanges[0].Status != 200 {
		t.Fatalf("%+v", f)
	}
}

func TestSeveralExchangesKeepTheirPlaces(t *testing.T) {
	one := "https\nGET\nlikes.example\n8443\n/a\n{}\nNone\n204\n[('x-left', '1')]\n\n\n"
	two := "https\nPUT\nlikes.example\nNone\n/b\n{}\n{\"a\":1}\n404\n[]\n<html>\n"
	f := Read("two.txt", []byte(one+two))
	if f.Problem != nil || len(f.Exchanges) != 2 {
		t.Fatalf("%+v", f)
	}
	a, b := f.Exchanges[0], f.Exchanges[1]
	if a.Status != 204 || len(a.Body) != 0 || a.Origin() != "https://likes.example:8443" || a.Header.Get("X-Left") != "1" {
		t.Errorf("first: %+v", a)
	}
	if b.Name() != "two.txt#1" || b.Method != "PUT" || string(b.Sent) != `{"a":1}` || string(b.Body) != "<html>" {
		t.Errorf("second: %+v", b)
	}
}

func TestWireMockTemplates(t *testing.T) {
	now := time.Date(2030, 5, 6, 7, 8, 9, 0, time.UTC)
	f := Read("mapping.json", []byte(`{"request":{"url":"/a","method":"GET"},"response":{"status":429,"body":"wait","headers":{
		"Date":"{{now timezone='GMT' format='EEE, dd MMM yyyy HH:mm:ss z'}}",
		"Retry-After":"{{now offset='8 seconds' timezone='GMT' format='EEE, dd MMM yyyy HH:mm:ss z'}}",
		"Vary":["Accept","Cookie"],
		"X-Reset":"{{testStartDate offset='3 seconds' format='unix'}}"}}}`))
	if f.Form != "wiremock" || f.Problem != nil {
		t.Fatalf("%+v", f)
	}
	e, err := f.Exchanges[0].At(now)
	if err != nil {
		t.Fatal(err)
	}
	want := http.Header{"Date": {"Mon, 06 May 2030 07:08:09 GMT"}, "Retry-After": {"Mon, 06 May 2030 07:08:17 GMT"}, "X-Reset": {"1904281692"}, "Vary": {"Accept", "Cookie"}}
	for name, values := range want {
		if got := strings.Join(e.Header[name], "|"); got != strings.Join(values, "|") {
			t.Errorf("%s: %q, want %q", name, got, values)
		}
	}
	if e.Status != 429 || string(e.Body) != "wait" {
		t.Errorf("%+v", e)
	}
	strange := Exchange{Header: http.Header{"Date": {"{{now format='yy'}}"}}}
	if _, err := strange.At(now); err == nil {
		t.Error("a format that is not known was passed on")
	}
}

func TestDamagedRecordings(t *testing.T) {
	for name, data := range map[string]string{
		"prose":       "exports[`views`] = `Object {}`;",
		"cut":         "https\nGET\nlikes.example\nNone\n/a\n{}\nNone\n200\n",
		"odd headers": "https\nGET\nlikes.example\nNone\n/a\n{}\nNone\n200\n[('x',)]\n{}\n",
		"odd status":  "https\nGET\nlikes.example\nNone\n/a\n{}\nNone\ntwo\n[]\n{}\n",
		"bad gzip":    `[{"request":{"url":"https://likes.example/"},"response":{"status":200,"headers":{},"body":"\u001f` + "\u008b" + `"}}]`,
		"empty":       "",
	} {
		f := Read(name, []byte(data))
		if name != "bad gzip" && f.Problem == nil {
			t.Errorf("%s: read as %s: %+v", name, f.Form, f.Exchanges)
		}
	}
}

func TestReadFolder(t *testing.T) {
	fsys := fstest.MapFS{
		"svc/b.json":     {Data: []byte(`{"id":2}`)},
		"svc/a.json":     {Data: []byte(`{"id":1}`)},
		"svc/deep/x":     {Data: []byte(`{}`)},
		"svc/notes.snap": {Data: []byte("prose")},
	}
	files, err := ReadFolder(fsys, "svc")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		names = append(names, f.Name)
	}
	if strings.Join(names, " ") != "a.json b.json notes.snap" || files[2].Problem == nil {
		t.Errorf("%q, problem %v", names, files[2].Problem)
	}
	if _, err := ReadFolder(fsys, "none"); err == nil {
		t.Error("a folder that does not exist was read")
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("https\nGET\nlikes.example\nNone\n/a\n{}\nNone\n200\n[('x', '\\x41')]\n{}\n"))
	f.Add([]byte(`{"http_interactions":[{"response":{"body":{"base64_string":"!"}}}]}`))
	f.Add([]byte("interactions:\n- request: {}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, e := range Read("x", data).Exchanges {
			if e.File != "x" {
				t.Error("an exchange without its file")
			}
		}
	})
}

// TestListOfPaths: a server that anybody may run was recorded without its name.
func TestListOfPaths(t *testing.T) {
	f := Read("one", []byte(`[{"request":{"method":"GET","path":"/rest/ping.view","query":{"u":"ada","f":"json"}},"response":{"status":200,"headers":{},"body":{"ok":true}}}]`))
	if f.Problem != nil || f.Form != "list" || len(f.Exchanges) != 1 {
		t.Fatalf("read as %q with %d exchanges: %v", f.Form, len(f.Exchanges), f.Problem)
	}
	if e := f.Exchanges[0]; e.Method != "GET" || e.Path() != "/rest/ping.view?f=json&u=ada" || string(e.Body) != `{"ok":true}` {
		t.Errorf("%s %s %s", e.Method, e.Path(), e.Body)
	}
}

// Newer cassettes of Betamax have the shape of VCR's under another name.
func TestBetamaxIsVCR(t *testing.T) {
	tape := `{"http_interactions":[{"request":{"method":"GET","uri":"https://likes.example/a","body":{"string":"x=1"}},"response":{"status":{"code":403},"headers":{"X":["y"]},"body":{"string":"{}"}}}]}`
	vcr, betamax := Read("one", []byte(tape)), Read("one", []byte(strings.Replace(tape, "http_interactions", "interactions", 1)))
	if len(vcr.Exchanges) != 1 || !reflect.DeepEqual(vcr, betamax) || vcr.Exchanges[0].Status != 403 {
		t.Errorf("%+v\n%+v", vcr, betamax)
	}
}

// TestBodyInXML: some services were recorded in the form that they write unless asked.
func TestBodyInXML(t *testing.T) {
	const body = "<?xml version=\"1.0\"?>\n<posts user=\"ada\"/>\n"
	f := Read("one", []byte(body))
	if f.Problem != nil || f.Form != "body" || len(f.Exchanges) != 1 || string(f.Exchanges[0].Body) != body || f.Exchanges[0].Header.Get("Content-Type") != "text/xml; charset=utf-8" {
		t.Errorf("%+v", f)
	}
	if f := Read("one", []byte("<html></html>")); f.Problem == nil {
		t.Errorf("a page was taken for a recording: %+v", f)
	}
}
