package connectors

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"collector/fault"
	"collector/item"
)

// thing is an object with every type that connectors decode into.
type thing struct {
	ID    int64    `json:"id"`
	Name  string   `json:"name"`
	On    bool     `json:"on"`
	Share *float64 `json:"share"`
	Tags  []string `json:"tags"`
	Owner struct{ Login string }
	Up    *thing          `json:"up"`
	Rest  json.RawMessage `json:"rest"`
	By    map[string]int  `json:"by"`
}

func (x thing) item() (item.Item, error) {
	if x.Name == "refuse" {
		return item.Item{}, errors.New("refused")
	}
	it := item.Item{ID: ID(x.ID), Kind: "thing", Title: x.Name, Text: x.Owner.Login, Tags: x.Tags}
	if x.On {
		it.URL = "https://things.example/" + it.ID
	}
	return it, nil
}

func things() Mapping[thing] {
	return Mapping[thing]{To: thing.item, ID: func(raw json.RawMessage) string { return RawID(raw, "id") }}
}

const page3 = `[{"id":1,"name":"caf\u00e9 \"x\" \\ \n","on":true,"share":0.25,"tags":["a","B"],"Owner":{"Login":"ann"},"up":null,"rest":{"k":[1,2,{"z":null}]},"by":{"x":1}},
 {"id":2,"name":"日本 \ud83c\udf3f","on":true,"share":null,"tags":[],"Owner":{"Login":""},"up":{"id":9,"name":"","on":false},"rest":[],"by":{}},
 {"id":-3,"name":"","on":true,"share":1e-3,"tags":null,"Owner":{},"rest":"t","unknown":{"deep":[[[]]],"n":-0.5e+7}} ]`

// TestDamage holds the decoder to encoding/json: it must refuse what that
// refuses, and read the same where that reads. Every byte is cut off at, deleted,
// doubled and replaced.
func TestDamage(t *testing.T) {
	n, bad := 0, 0
	try := func(body []byte, what string) {
		n++
		var want, got []thing
		wantErr, gotErr := json.Unmarshal(body, &want), decode(body, &got)
		if (wantErr == nil) != (gotErr == nil) || wantErr == nil && !reflect.DeepEqual(want, got) {
			if bad++; bad < 20 {
				t.Errorf("%s: %.60q: got %+v, %v; encoding/json %+v, %v", what, body, got, gotErr, want, wantErr)
			}
		}
	}
	page := []byte(page3)
	for i := range page {
		try(page[:i], fmt.Sprintf("cut at %d", i))
		try(append(bytes.Clone(page[:i]), page[i+1:]...), fmt.Sprintf("without byte %d", i))
		try(append(bytes.Clone(page[:i+1]), page[i:]...), fmt.Sprintf("byte %d twice", i))
		for _, c := range []byte("\"\\{}[],:0-.eEntfu \n\x00\x1f\x7f\x80\xc3\xff/x") {
			b := bytes.Clone(page)
			b[i] = c
			try(b, fmt.Sprintf("byte %d as %q", i, c))
		}
	}
	for _, s := range []string{
		"", " ", "null", "true", "7", `"x"`, "{}", "[", "]", "[]", "[null]", "[[]]", "[{}]", "[{},]", "[,]", "[{}{}]", "[] []", "[]x", "\ufeff[]", "[]\x00", "[{\"id\":1}]\n",
		`[{"id":01}]`, `[{"id":1.0}]`, `[{"id":1e2}]`, `[{"id":9223372036854775808}]`, `[{"id":-9223372036854775808}]`, `[{"id":"1"}]`, `[{"id":null}]`, `[{"id":+1}]`, `[{"id":.5}]`, `[{"id":-}]`,
		`[{"ID":5}]`, `[{"Id":5,"id":6}]`, `[{"id":5,"id":6}]`, `[{"name":"a","name":null}]`, `[{"tags":["a"],"tags":[]}]`, `[{"tags":[1]}]`, `[{"tags":[null]}]`, `[{"tags":{}}]`,
		`[{"name":"\u12"}]`, `[{"name":"\ud800"}]`, `[{"name":"\ud800\udc00"}]`, `[{"name":"\x"}]`, "[{\"name\":\"a\nb\"}]", "[{\"name\":\"\xff\"}]", `[{"name":7}]`, `[{"name":{}}]`,
		`[{"on":1}]`, `[{"on":"true"}]`, `[{"on":tru}]`, `[{"share":1e999}]`, `[{"share":"1"}]`, `[{"Owner":null}]`, `[{"Owner":[]}]`, `[{"owner":{"login":"x"}}]`,
		`[{"up":{"up":{"up":{"id":3}}}}]`, `[{"up":[]}]`, `[{"rest":}]`, `[{"rest": {"a" : [ 1 , 2 ]} }]`, `[{"by":{"a":1,"a":2}}]`, `[{"by":{"a":"1"}}]`, `[{"by":[]}]`, `[{1:2}]`, `[{"a"}]`, `[{"a":}]`, `[{"a":1,}]`,
		strings.Repeat("[", 200), strings.Repeat("[", 200) + strings.Repeat("]", 200), `[{"unknown":` + strings.Repeat("[", 60) + strings.Repeat("]", 60) + `}]`,
	} {
		try([]byte(s), "directed")
	}
	t.Logf("%d bodies, %d differences", n, bad)
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(page3))
	f.Add([]byte(`[{"id":1,"name":"\ud800"}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var want, got []thing
		if _, err := outline(body); err != nil {
			return // never reaches the decoder
		}
		wantErr, gotErr := json.Unmarshal(body, &want), decode(body, &got)
		if (wantErr == nil) != (gotErr == nil) || wantErr == nil && !reflect.DeepEqual(want, got) {
			t.Errorf("got %+v, %v; encoding/json %+v, %v", got, gotErr, want, wantErr)
		}
		var raws []json.RawMessage
		if outlined, _ := outline(body); json.Unmarshal(body, &raws) == nil && len(body) > 0 && bytes.TrimSpace(body)[0] == '[' {
			if len(outlined) != len(raws) {
				t.Fatalf("outline sees %d elements, want %d", len(outlined), len(raws))
			}
			for i := range raws {
				if !bytes.Equal(raws[i], outlined[i]) {
					t.Errorf("element %d is %q, want %q", i, outlined[i], raws[i])
				}
			}
		}
	})
}

func TestMapKeepsEveryObjectInSight(t *testing.T) {
	object := func(id int, more string) string { return fmt.Sprintf(`{"id":%d,"on":true%s}`, id, more) }
	for _, c := range []struct {
		name, list string
		good, bad  int
		kind       fault.Kind
	}{
		{"all good", "[" + object(1, "") + "," + object(2, "") + "]", 2, 0, fault.Unknown},
		{"an empty list", " [ ] ", 0, 0, fault.Unknown},
		{"one of two has a wrong type", "[" + object(1, `,"name":7`) + "," + object(2, "") + "]", 1, 1, fault.Unknown},
		{"one of two has no address", `[{"id":1},` + object(2, "") + "]", 1, 1, fault.Unknown},
		{"one of two is refused", "[" + object(1, `,"name":"refuse"`) + "," + object(2, "") + "]", 1, 1, fault.Unknown},
		{"the only one, with an id", "[" + object(1, `,"name":7`) + "]", 0, 1, fault.Unknown},
		{"the only one, without an id", `[{"name":7}]`, 0, 0, fault.Malformed},
		{"two of four", "[" + object(1, `,"name":7`) + "," + object(2, `,"name":7`) + "," + object(3, "") + "," + object(4, "") + "]", 2, 2, fault.Unknown},
		{"three of four: the shape has changed", "[" + object(1, `,"name":7`) + "," + object(2, `,"name":7`) + "," + object(3, `,"name":7`) + "," + object(4, "") + "]", 0, 0, fault.Malformed},
		{"the same twice", "[" + object(1, "") + "," + object(1, "") + "]", 1, 0, fault.Unknown},
		{"missing", "", 0, 0, fault.Malformed},
		{"null", "null", 0, 0, fault.Malformed},
		{"an object", "{}", 0, 0, fault.Malformed},
		{"of nulls", "[null,null]", 0, 0, fault.Malformed},
		{"cut", "[" + object(1, ""), 0, 0, fault.Malformed},
	} {
		var p Page
		err := things().Map(&p, json.RawMessage(c.list))
		if fault.KindOf(err) != c.kind || err == nil && (len(p.Items) != c.good || len(p.Bad) != c.bad) {
			t.Errorf("%s: %d items, %d bad, %v; want %d, %d, %v", c.name, len(p.Items), len(p.Bad), err, c.good, c.bad, c.kind)
		}
	}
}

func TestBadObjectsKeepWhatCanBeRead(t *testing.T) {
	var p Page
	list := `[{"id":1,"on":true},{"id":22,"name":7,"on":true},{"id":"thirty","on":true}]`
	if err := things().Map(&p, json.RawMessage(list)); err != nil {
		t.Fatal(err)
	}
	if len(p.Bad) != 2 || p.Bad[0].ID != "22" || p.Bad[1].ID != "thirty" || string(p.Bad[0].Raw) != `{"id":22,"name":7,"on":true}` || p.Bad[0].Reason == "" {
		t.Errorf("quarantine is %+v", p.Bad)
	}
	if _, err := things().One(p.Bad[0].Raw); fault.KindOf(err) != fault.Malformed {
		t.Errorf("mapped again without a change: %v", err)
	}
	if it, err := things().One(json.RawMessage(`{"id":22,"name":"seven","on":true}`)); err != nil || it.ID != "22" {
		t.Errorf("mapped again after a change: %+v, %v", it, err)
	}
}

func TestLimitsOfAList(t *testing.T) {
	list := func(n int) json.RawMessage {
		var b strings.Builder
		b.WriteByte('[')
		for i := range n {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `{"id":%d,"on":true}`, i+1)
		}
		b.WriteByte(']')
		return json.RawMessage(b.String())
	}
	for _, c := range []struct{ most, n, want int }{
		{0, MaxItems, MaxItems}, {0, MaxItems + 1, -1}, {5000, 5000, 5000}, {5000, 5001, -1}, {1 << 30, MostEver, MostEver}, {1 << 30, MostEver + 1, -1},
	} {
		m := things()
		m.Most = c.most
		var p Page
		err := m.Map(&p, list(c.n))
		if c.want < 0 && fault.KindOf(err) != fault.Malformed || c.want >= 0 && (err != nil || len(p.Items) != c.want) {
			t.Errorf("at most %d, %d objects: %d items, %v", c.most, c.n, len(p.Items), err)
		}
	}
}

func TestDepth(t *testing.T) {
	deep := func(n int) []byte {
		return []byte(`{"a":` + strings.Repeat("[", n-1) + strings.Repeat("]", n-1) + `,"b":"[[[[{{{{\"[["}`)
	}
	var into any
	if err := Decode(Reply{Body: deep(MaxDepth)}, &into); err != nil {
		t.Errorf("depth %d: %v", MaxDepth, err)
	}
	for _, n := range []int{MaxDepth + 1, 1000, 1_000_000} {
		if err := Decode(Reply{Body: deep(n)}, &into); fault.KindOf(err) != fault.Malformed {
			t.Errorf("depth %d: %v", n, err)
		}
	}
	for _, body := range []string{"", " \n\t", "{", "<html>", "{}x"} {
		if err := Decode(Reply{Body: []byte(body)}, &into); fault.KindOf(err) != fault.Malformed {
			t.Errorf("%q: %v", body, err)
		}
	}
}

func BenchmarkMap(b *testing.B) {
	var one strings.Builder
	one.WriteString(`{"id":%d,"on":true,"name":"n","Owner":{"Login":"o"}`)
	for i := range 95 {
		fmt.Fprintf(&one, `,"other_%d_url":"https://api.example/repos/owner/name/other%d"`, i, i)
	}
	one.WriteString("}")
	var list []string
	for i := range 100 {
		list = append(list, fmt.Sprintf(strings.ReplaceAll(one.String(), "%2", "%%2"), i+1))
	}
	body := []byte("[" + strings.Join(list, ",") + "]")
	b.Run("map", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		for b.Loop() {
			var p Page
			if err := things().Map(&p, body); err != nil || len(p.Items) != 100 {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding-json", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		for b.Loop() {
			var x []thing
			if err := json.Unmarshal(body, &x); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func TestMany(t *testing.T) {
	for raw, want := range map[string]string{`{"a":1}`: `[{"a":1}]`, " \n{} ": `[{}]`, `[{"a":1}]`: `[{"a":1}]`, `null`: `null`, ``: ``, `"x"`: `"x"`} {
		if got := string(Many([]byte(raw))); got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
}
