package notify

import (
	"maps"
	"slices"
)

// seen is what a look found.
type seen struct {
	facts map[string]fact // what is so
	quiet map[string]bool // what was told and is nobody's concern any more
}

// differ is what is to be told: what is so and was not told, and what was told and is so
// no more. after is what is told then.
func differ(told map[string]fact, now seen) (changes []change, after map[string]fact) {
	after = map[string]fact{}
	for _, key := range slices.Sorted(maps.Keys(now.facts)) {
		f := now.facts[key]
		if was, known := told[key]; !known || was.What != f.What {
			changes = append(changes, change{fact: f})
		}
		if f.Kind != ofBackfill { // it happens once, and does not stay so
			f.Next = ""
			after[key] = f
		}
	}
	for _, key := range slices.Sorted(maps.Keys(told)) {
		was := told[key]
		if _, still := now.facts[key]; still || now.quiet[key] {
			continue
		}
		if words := was.over(); words != "" {
			changes = append(changes, change{was, words})
		}
	}
	return changes, after
}
