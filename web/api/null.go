package api

import (
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// orNull says of every member that is an object or null that it may be null, which the
// library cannot say of what it refers to.
func orNull(reg huma.Registry) {
	for name, s := range reg.Map() {
		if t := reg.TypeFromRef("#/components/schemas/" + name); t != nil {
			eachField(t, func(f reflect.StructField, member string) {
				prop := s.Properties[member]
				if f.Type.Kind() == reflect.Pointer && prop != nil && prop.Ref != "" {
					s.Properties[member] = &huma.Schema{Description: prop.Description, AnyOf: []*huma.Schema{{Ref: prop.Ref}, {Type: "null"}}}
				}
			})
		}
	}
}

// eachField calls fn with the fields of a struct that JSON writes, embedded ones too.
func eachField(t reflect.Type, fn func(f reflect.StructField, member string)) {
	if t.Kind() != reflect.Struct {
		return
	}
	for i := range t.NumField() {
		f := t.Field(i)
		member, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && member == "":
			eachField(f.Type, fn)
		case f.IsExported() && member != "" && member != "-" && !strings.Contains(options, "omit"):
			fn(f, member)
		}
	}
}
