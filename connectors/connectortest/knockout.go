package connectortest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"collector/connectors"
	"collector/fault"
)

// checkKnockOut removes, nulls and retypes every value of every recorded body,
// and replaces every text by a nasty one, one at a time. Nothing may panic, and
// nothing may lose objects or the next page without saying so.
func checkKnockOut(k *kit, wrong report) {
	done := map[string]bool{}
	k.every(wrong, func(w connectors.Walk, s step) {
		if same := fmt.Sprint(k.c.Info().Poll == connectors.PollForward && w == connectors.Poll, s.q.Cursor, string(s.reply.Body)); done[same] {
			return // another walk read this page at this place already
		} else {
			done[same] = true
		}
		objects := func(p connectors.Page) int { return len(p.Items) + len(p.Bad) + len(p.Removed) }
		want := objects(s.page)
		for m := range mutations(s.reply.Body, s.q.Cursor == "") {
			if k.enough() {
				return
			}
			if at, gone := strings.CutSuffix(m.where, " removed"); gone && slices.Contains(k.golden.Omitted, at) {
				continue
			}
			where := s.name + ", " + m.where
			r := s.reply
			r.Body = m.body
			page, err := k.c.Parse(s.q, r)
			if err != nil {
				if fault.KindOf(err) != fault.Malformed {
					wrong("%s: %v; want a Malformed error", where, err)
				}
				continue
			}
			if got := objects(page); got != want {
				wrong("%s: %d objects accounted for, want %d, and no error", where, got, want)
			}
			ends := page.Next == "" && slices.Contains(k.golden.Ends, m.where)
			if page.Next != s.page.Next && page.Doubt == "" && !m.text && !ends {
				wrong("%s: Next changed from %q to %q without an error", where, s.page.Next, page.Next)
			}
			checkPlace(where, page.Next, wrong)
			checkPlace(where, page.Resume, wrong)
			for _, it := range page.Items {
				checkForm(where, it, wrong)
				if n := len(it.Title) + len(it.Text) + len(it.Author.Name); n > connectors.MaxRow || len(it.Text) > connectors.MaxString {
					wrong("%s: an item of %d bytes", where, n)
				}
			}
		}
	})
}

// mutation is a body with one damaged value.
type mutation struct {
	where string
	body  []byte
	text  bool // a text was replaced by another text, which nobody can notice
}

// mutations yields each damaged form of a JSON body, inside the last object of
// a list and, when both is set, inside the first.
func mutations(body []byte, both bool) func(yield func(mutation) bool) {
	types := map[string]any{"null": nil, "a fraction": 0.5, "a huge number": 1e300, "a text": "?", "a list": []any{}, "a list of null": []any{nil}, "an object": map[string]any{}, "true": true}
	texts := map[string]any{"an empty text": "", "a nasty text": "\x00\u202e\ufffd<script>\x1b[31m\n", "a long text": strings.Repeat("é", connectors.MaxString)}
	return func(yield func(mutation) bool) {
		var root any
		if json.Unmarshal(body, &root) != nil {
			return
		}
		emit := func(where string, text bool) bool {
			b, err := json.Marshal(root)
			return err != nil || yield(mutation{where, b, text})
		}
		var visit func(v any, path string) bool
		swap := func(old any, path string, set func(any)) bool {
			defer set(old)
			for _, name := range sorted(types) {
				if reflect.TypeOf(types[name]) == reflect.TypeOf(old) {
					continue
				}
				set(types[name])
				if !emit(path+" as "+name, false) {
					return false
				}
			}
			if _, text := old.(string); !text {
				return true
			}
			for _, name := range sorted(texts) {
				if name == "a long text" && strings.Contains(path, "[") && !strings.Contains(path, "[0]") {
					continue // once a page is enough of what is slow
				}
				set(texts[name])
				if !emit(path+" as "+name, true) {
					return false
				}
			}
			return true
		}
		visit = func(v any, path string) bool {
			switch v := v.(type) {
			case map[string]any:
				for _, key := range sorted(v) {
					old, at := v[key], path+"."+key
					if !swap(old, at, func(to any) { v[key] = to }) || !visit(old, at) {
						return false
					}
					delete(v, key)
					ok := emit(at+" removed", false)
					v[key] = old
					if !ok {
						return false
					}
				}
			case []any:
				for i, old := range v {
					at := fmt.Sprintf("%s[%d]", path, i)
					if !swap(old, at, func(to any) { v[i] = to }) {
						return false
					}
					// The objects of a list are alike: the inside of its first and
					// last is enough, and of its last alone on later pages.
					if (i == len(v)-1 || i == 0 && both) && !visit(old, at) {
						return false
					}
				}
			}
			return true
		}
		visit(root, "body")
	}
}
