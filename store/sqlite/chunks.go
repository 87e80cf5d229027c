package sqlite

import "strings"

// chunk is how many values one IN list holds. Lists are filled up by repeating
// the last value, so that there is one statement, prepared once.
const chunk = 50

// inList is "?,?,…", chunk of them.
var inList = strings.TrimSuffix(strings.Repeat("?,", chunk), ",")

// chunks calls fn with the arguments of each IN list that vals fill, after head.
func chunks[T any](head []any, vals []T, fn func(args []any) error) error {
	args := make([]any, len(head)+chunk)
	copy(args, head)
	for from := 0; from < len(vals); from += chunk {
		for i := range chunk {
			args[len(head)+i] = vals[min(from+i, len(vals)-1)]
		}
		if err := fn(args); err != nil {
			return err
		}
	}
	return nil
}
