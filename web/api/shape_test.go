package api_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// shapes are the schemas of the OpenAPI document, as JSON has them.
type shapes map[string]any

// misfit says in what a value is not as a schema says, "" where it is. It knows what the
// document uses: $ref, type, properties, required, additionalProperties: false, items,
// anyOf.
func (s shapes) misfit(schema map[string]any, v any, at string) string {
	if ref, ok := schema["$ref"].(string); ok {
		named, ok := s[strings.TrimPrefix(ref, "#/components/schemas/")].(map[string]any)
		if !ok {
			return at + ": there is no " + ref
		}
		return s.misfit(named, v, at)
	}
	if any, ok := schema["anyOf"].([]any); ok {
		var why []string
		for _, one := range any {
			m := s.misfit(one.(map[string]interface{}), v, at)
			if m == "" {
				return ""
			}
			why = append(why, m)
		}
		return strings.Join(why, " and ")
	}
	if len(schema) == 0 { // it may be anything
		return ""
	}
	if !s.isOf(schema["type"], v) {
		return fmt.Sprintf("%s: %.40v is not of type %v", at, v, schema["type"])
	}
	switch v := v.(type) {
	case []any:
		items, _ := schema["items"].(map[string]any)
		for i, one := range v {
			if m := s.misfit(items, one, fmt.Sprintf("%s[%d]", at, i)); m != "" {
				return m
			}
		}
	case map[string]any:
		return s.misfits(schema, v, at)
	}
	return ""
}

func (s shapes) misfits(schema, v map[string]any, at string) string {
	properties, _ := schema["properties"].(map[string]any)
	required, _ := schema["required"].([]any)
	for _, name := range required {
		if _, there := v[name.(string)]; !there {
			return fmt.Sprintf("%s: %v is missing", at, name)
		}
	}
	for name, one := range v {
		property, known := properties[name].(map[string]any)
		if !known {
			return at + ": " + name + " is not described"
		}
		if m := s.misfit(property, one, at+"."+name); m != "" {
			return m
		}
	}
	return ""
}

// isOf says whether a value is of a type, or of one of several.
func (s shapes) isOf(kind, v any) bool {
	kinds, several := kind.([]any)
	if !several {
		kinds = []any{kind}
	}
	is := "null"
	switch n := v.(type) {
	case bool:
		is = "boolean"
	case string:
		is = "string"
	case []any:
		is = "array"
	case map[string]any:
		is = "object"
	case float64:
		is = "number"
		if n == float64(int64(n)) && slices.Contains(kinds, any("integer")) {
			is = "integer"
		}
	}
	return slices.Contains(kinds, any(is))
}

// fits holds an answer to what the document says of its operation.
func (w *world) fits(op operation, a answer, what string) {
	w.t.Helper()
	key, kind := strconv.Itoa(a.status), "application/problem+json"
	if a.status == 200 {
		kind = "application/json"
	}
	if _, described := op.Responses["200"].Content[a.header.Get("Content-Type")]; a.status == 200 && described && (op.OperationID == "export" || op.OperationID == "backup" || op.OperationID == "sonify") {
		return // a file of any form
	}
	var v any
	if err := json.Unmarshal(a.body, &v); err != nil {
		w.t.Errorf("%s: %v: %.200s", what, err, a.body)
		return
	}
	if got := a.header.Get("Content-Type"); got != kind {
		w.t.Errorf("%s: %d is %s", what, a.status, got)
	}
	if m := w.spec.Components.Schemas.misfit(op.Responses[key].Content[kind].Schema, v, "answer"); m != "" {
		w.t.Errorf("%s: %d is not as described: %s", what, a.status, m)
	}
}
