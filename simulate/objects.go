package simulate

import (
	"encoding/json"
	"net/http"
	"strings"
)

// objects finds the list in a body: the whole of it, or its records.
func objects(body []byte) (whole any, list []any) {
	if json.Unmarshal(body, &whole) != nil {
		return nil, nil
	}
	if list, ok := whole.([]any); ok {
		return whole, list
	}
	if fields, ok := whole.(map[string]any); ok {
		list, _ = fields["records"].([]any)
	}
	return whole, list
}

// reshape takes ids from the objects of the list in a body.
func reshape(body []byte, f *Fault) []byte {
	whole, list := objects(body)
	for i := range list {
		one, ok := list[i].(map[string]any)
		if !ok || i > 0 && f.Kind != Drift || f.Kind == Drift && i%5 == 4 {
			continue
		}
		damage(one, f.Kind == WrongType)
	}
	out, err := json.Marshal(whole)
	if err != nil || list == nil {
		return body
	}
	return out
}

// damage takes the id of an object: of GitHub's repositories (with and without
// a star's time), of posts and of records.
func damage(one map[string]any, wrongType bool) {
	inner := one
	for _, name := range []string{"repo", "value"} {
		if in, ok := one[name].(map[string]any); ok {
			inner = in
		}
	}
	for _, name := range []string{"id", "subject"} {
		if _, has := inner[name]; !has {
			continue
		}
		delete(inner, name)
		if wrongType {
			inner[name] = []any{1, "two"}
		}
	}
}

// big streams a page of n times the first object, without GitHub's addresses,
// so that it is the number that is large. nil where there is no object.
func big(body []byte, n int) func(http.ResponseWriter, *http.Request) {
	whole, list := objects(body)
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
	before, after := "[", "]"
	if _, isObject := whole.(map[string]any); isObject {
		before, after = `{"records":[`, `],"cursor":"3a"}`
	}
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
