package simulate

import (
	"encoding/json"
	"net/http"
	"strings"
)

// objects finds the list in a body.
func (f form) objects(body []byte) (whole any, list []any) {
	if json.Unmarshal(body, &whole) != nil {
		return nil, nil
	}
	at := whole
	for _, name := range f.path {
		fields, _ := at.(map[string]any)
		at = fields[name]
	}
	list, _ = at.([]any)
	return whole, list
}

// put returns the body with another list in it.
func (f form) put(whole any, list []any) ([]byte, error) {
	if len(f.path) == 0 {
		return json.Marshal(list)
	}
	at := whole
	for _, name := range f.path[:len(f.path)-1] {
		fields, _ := at.(map[string]any)
		at = fields[name]
	}
	if fields, ok := at.(map[string]any); ok {
		fields[f.path[len(f.path)-1]] = list
	}
	return json.Marshal(whole)
}

// reshape takes ids from the objects of the list in a body.
func (f form) reshape(body []byte, fault *Fault) []byte {
	whole, list := f.objects(body)
	for i := range list {
		one, ok := list[i].(map[string]any)
		if !ok || i > 0 && fault.Kind != Drift || fault.Kind == Drift && i%5 == 4 {
			continue
		}
		f.damage(one, fault.Kind == WrongType)
	}
	out, err := json.Marshal(whole)
	if err != nil || list == nil {
		return body
	}
	return out
}

// damage takes the ids of an object.
func (f form) damage(one map[string]any, wrongType bool) {
	for _, name := range f.inner {
		if in, ok := one[name].(map[string]any); ok {
			one = in
		}
	}
	for _, name := range f.ids {
		if _, has := one[name]; !has {
			continue
		}
		delete(one, name)
		if wrongType {
			one[name] = []any{1, "two"}
		}
	}
}

// big streams a page of n times the first object, without GitHub's addresses,
// so that it is the number that is large. nil where there is no object.
func (f form) big(body []byte, n int) func(http.ResponseWriter, *http.Request) {
	whole, list := f.objects(body)
	if len(list) == 0 {
		return nil
	}
	one, _ := list[0].(map[string]any)
	repo, ok := one["repo"].(map[string]any)
	if !ok {
		repo = one
	}
	for name := range repo {
		if strings.HasSuffix(name, "_url") && name != "html_url" {
			delete(repo, name)
		}
	}
	object, err := json.Marshal(one)
	if err != nil {
		return nil
	}
	const here = "the list goes here"
	around, err := f.put(whole, []any{here})
	if err != nil {
		return nil
	}
	before, after, _ := strings.Cut(string(around), `"`+here+`"`)
	return func(w http.ResponseWriter, r *http.Request) {
		_, err := w.Write([]byte(before))
		for i := 0; i < n && err == nil && r.Context().Err() == nil; i++ {
			piece := object
			if i > 0 {
				piece = append([]byte{','}, object...)
			}
			_, err = w.Write(piece)
		}
		if err == nil {
			_, _ = w.Write([]byte(after)) // a caller that is gone misses the end
		}
	}
}
