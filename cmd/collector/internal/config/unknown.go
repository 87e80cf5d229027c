package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"collector/connectors"
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

// Nearest returns the known word with the fewest letters changed, left out or
// added; "" when that is more than a third of the word.
func Nearest(word string, known []string) string {
	best, least := "", len(word)/3+1
	for _, k := range known {
		if d := distance(strings.ToLower(word), strings.ToLower(k)); d < least {
			best, least = k, d
		}
	}
	return best
}

// distance is the Levenshtein distance in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := last
			if a[i] != b[j] {
				cost++
			}
			last = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
