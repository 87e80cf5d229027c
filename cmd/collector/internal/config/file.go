package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"collector/connectors"
)

// unknown matches what the decoder says of a key that no field has.
var unknown = regexp.MustCompile(`line (\d+): field (\S+) not found in type \S+`)

// readFile lays the YAML file over the defaults.
func (l *Loaded) readFile(in Input) error {
	if in.File == "" {
		return nil
	}
	data, err := os.ReadFile(in.File)
	if err != nil {
		return fmt.Errorf("reading the configuration file: %w", err)
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&l.Config); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: %s", in.File, l.explain(err))
	}
	if err := dec.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: the file has a second document after ---: keep one", in.File)
	}
	var tree yaml.Node
	if err := yaml.Unmarshal(data, &tree); err != nil {
		return fmt.Errorf("%s: %w", in.File, err)
	}
	l.fill(in.Infos)
	var errs []error
	known := slices.DeleteFunc(l.Keys(), func(k Key) bool { return foreign(k.Name, in.Infos) })
	for _, leaf := range leaves(&tree, "") {
		ours := slices.ContainsFunc(known, func(k Key) bool { return k.Name == leaf.key })
		if !ours {
			errs = append(errs, fmt.Errorf("%s, line %d: unknown key %q%s", in.File, leaf.line, leaf.key, hint(leaf.key, names(known))))
			continue
		}
		l.note(leaf.key, FromFile)
	}
	return errors.Join(errs...)
}

// explain rewrites what the decoder says in the words of the file.
func (l *Loaded) explain(err error) string {
	known := names(l.Keys())
	text := unknown.ReplaceAllStringFunc(err.Error(), func(m string) string {
		part := unknown.FindStringSubmatch(m)
		return fmt.Sprintf("line %s: unknown key %q%s", part[1], part[2], hint(part[2], known))
	})
	text = strings.TrimPrefix(text, "yaml: ")
	text = strings.TrimPrefix(text, "unmarshal errors:\n")
	return strings.TrimSpace(text)
}

type leaf struct {
	key  string
	line int
}

// leaves lists the keys that a file sets, joined by dots.
func leaves(n *yaml.Node, path string) []leaf {
	if n.Kind == yaml.DocumentNode && len(n.Content) > 0 {
		return leaves(n.Content[0], path)
	}
	if n.Kind != yaml.MappingNode {
		return nil
	}
	var out []leaf
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := path + n.Content[i].Value
		if n.Content[i+1].Kind == yaml.MappingNode {
			out = append(out, leaves(n.Content[i+1], key+".")...)
			continue
		}
		if v := n.Content[i+1]; path == "" && (key == "services" || key == "providers") && v.Tag == "!!null" {
			continue // an empty section
		}
		out = append(out, leaf{key, n.Content[i].Line})
	}
	return out
}

// foreign says whether a key is of a service or provider that does not exist.
func foreign(key string, infos []connectors.Info) bool {
	kind, rest, _ := strings.Cut(key, ".")
	name, _, _ := strings.Cut(rest, ".")
	switch kind {
	case "services":
		return !slices.ContainsFunc(infos, func(in connectors.Info) bool { return in.Name == name })
	case "providers":
		return !slices.ContainsFunc(infos, func(in connectors.Info) bool { return in.Provider == name })
	}
	return false
}

func names(keys []Key) []string {
	var out []string
	for _, k := range keys {
		out = append(out, k.Name)
	}
	return out
}
