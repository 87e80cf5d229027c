package config

import (
	"fmt"
	"iter"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"collector/auth"
)

// Prefix begins the name of every variable.
const Prefix = "COLLECTOR_"

// Key is one thing that can be set.
type Key struct {
	Name   string // as in the file, parts joined by dots: "backoff_min", "services.github.poll_min"
	Env    string // COLLECTOR_BACKOFF_MIN
	Flag   string // as on the command line, without dashes: "backoff-min"; "" for keys that --set alone can set
	Doc    string // one line
	Secret bool   // never shown
	List   bool   // several values
}

// Keys lists every key of c in the order of the sample.
func (c *Config) Keys() []Key {
	var out []Key
	c.each(func(k Key, _ reflect.Value) { out = append(out, k) })
	return out
}

// Values goes through the keys, in the order of Keys, and the value of each as Value has it.
func (c *Config) Values() iter.Seq2[Key, string] {
	return func(yield func(Key, string) bool) {
		more := true
		c.each(func(k Key, v reflect.Value) { more = more && yield(k, show(k, v)) })
	}
}

// each calls fn with every key and its value. Values of services and providers
// are copies: set writes them back.
func (c *Config) each(fn func(Key, reflect.Value)) {
	v := reflect.ValueOf(c).Elem()
	for i := range v.NumField() {
		if v.Type().Field(i).Anonymous {
			fields("", "", v.Field(i), fn)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Services)) {
		s := c.Services[name]
		fields("services."+name+".", name, reflect.ValueOf(&s).Elem(), fn)
		c.Services[name] = s
	}
	for _, name := range slices.Sorted(maps.Keys(c.Providers)) {
		p := c.Providers[name]
		fields("providers."+name+".", name, reflect.ValueOf(&p).Elem(), fn)
		c.Providers[name] = p
	}
}

// fields calls fn with the fields of one struct.
func fields(path, owner string, v reflect.Value, fn func(Key, reflect.Value)) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Tag.Get("priced") != "" && v.Field(i).IsZero() {
			continue // the provider charges nothing
		}
		name := f.Tag.Get("yaml")
		env := Prefix + name
		if owner != "" {
			env = Prefix + owner + "_" + name
		}
		flag := f.Tag.Get("flag")
		if flag == "" && owner == "" {
			flag = strings.ReplaceAll(name, "_", "-")
		}
		fn(Key{
			Name:   path + name,
			Flag:   flag,
			Env:    strings.ToUpper(strings.ReplaceAll(env, "-", "_")),
			Doc:    f.Tag.Get("doc"),
			Secret: f.Type == reflect.TypeFor[Secret](),
			List:   f.Type.Kind() == reflect.Slice,
		}, v.Field(i))
	}
}

// Value returns the value of a key as text, a secret as "(secret)", and false
// for an unknown key.
func (c *Config) Value(key string) (string, bool) {
	text, found := "", false
	c.each(func(k Key, v reflect.Value) {
		if k.Name == key {
			text, found = show(k, v), true
		}
	})
	return text, found
}

func show(k Key, v reflect.Value) string {
	switch x := v.Interface().(type) {
	case []string:
		return strings.Join(x, ",")
	case time.Duration:
		return span(x)
	case string:
		return unsecret(x)
	default:
		if k.Secret && v.IsZero() {
			return ""
		}
		return fmt.Sprint(x)
	}
}

// unsecret is an address without what may be secret in it: a user's name and
// password, and what follows a question mark or #. Such addresses are refused,
// and still shown by config show and in the refusal.
func unsecret(text string) string {
	start, rest, ok := strings.Cut(text, "://")
	if !ok {
		return text
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		rest = "(secret)" + rest[at:]
	}
	if at := strings.IndexAny(rest, "?#"); at >= 0 {
		rest = rest[:at+1] + "(secret)"
	}
	return start + "://" + rest
}

// span writes a duration as people do: 1m, not 1m0s.
func span(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// set gives a key a value written as text.
func (c *Config) set(key, text string) error {
	found := false
	var err error
	c.each(func(k Key, v reflect.Value) {
		if k.Name != key {
			return
		}
		found = true
		err = parse(v, text)
	})
	if !found {
		return fmt.Errorf("there is no key %q", key)
	}
	return err
}

func parse(v reflect.Value, text string) error {
	switch v.Interface().(type) {
	case time.Duration:
		d, err := time.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("%q is no duration: write 300ms, 30s, 5m or 6h", text)
		}
		v.SetInt(int64(d))
	case int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("%q is no whole number", text)
		}
		v.SetInt(int64(n))
	case bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("%q is neither true nor false", text)
		}
		v.SetBool(b)
	case []string:
		v.Set(reflect.ValueOf(split(text)))
	case Secret:
		v.Set(reflect.ValueOf(Secret{auth.NewSecret(text)}))
	default:
		v.SetString(text)
	}
	return nil
}

func split(list string) []string {
	var out []string
	for part := range strings.SplitSeq(list, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}
