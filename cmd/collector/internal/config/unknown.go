package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"collector/connectors"
	"collector/control/words"
)

// besides are endings of COLLECTOR_ variables that are no keys, because they are
// read before the configuration (CONFIG) or by the tests and the build.
var besides = []string{"CONFIG", "FAILPOINT", "FAILPOINT_LOG", "FAILPOINT_VITALS", "REPLIES", "SPECS", "VERSION"}

// strangers says which variables nobody reads.
func strangers(given map[string]string, keys []Key, infos []connectors.Info) []string {
	var known []string
	for _, k := range keys {
		known = append(known, k.Env)
	}
	tokens := []string{}
	for _, in := range infos {
		tokens = append(tokens, variable(in.Provider)+"_TOKEN", variable(in.Provider)+"_TOKEN_FILE")
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(given)) {
		rest := strings.TrimPrefix(name, Prefix)
		if slices.Contains(besides, rest) || strings.HasPrefix(rest, "TEST_") || slices.Contains(tokens, name) {
			continue
		}
		out = append(out, fmt.Sprintf("%s is set, but there is no such setting%s", name, hint(name, known)))
	}
	return out
}

// hint suggests the nearest of the known words, "" when none is near.
func hint(word string, known []string) string {
	if near := Nearest(word, known); near != "" {
		return fmt.Sprintf(" (did you mean %q?)", near)
	}
	return ""
}

// Nearest is words.Nearest.
func Nearest(word string, known []string) string { return words.Nearest(word, known) }
