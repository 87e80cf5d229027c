package main

import (
	"strings"

	"collector/connectors"
	"collector/control"
)

// parseParams reads k=v and holds them to what the service declares.
func parseParams(in connectors.Info, pairs []string) (map[string]string, error) {
	given := map[string]string{}
	for _, pair := range pairs {
		k, v, ok := strings.Cut(pair, "=")
		if !ok {
			return nil, you(exitUsage, "write --param name=value", "--param %s has no value", plain(pair))
		}
		given[k] = v
	}
	return given, control.CheckParams(in, given)
}
