package main

import (
	"fmt"

	"collector/cmd/collector/internal/config"
	"collector/connectors"
)

// service finds a connector by the name of its service.
func (a *app) service(name string) (connectors.Connector, error) {
	var known []string
	for _, c := range a.offers {
		if c.Info().Name == name {
			return c, nil
		}
		known = append(known, c.Info().Name)
	}
	next := "collector connectors   lists all services"
	if near := config.Nearest(name, known); near != "" {
		next = fmt.Sprintf("did you mean %q? `collector connectors` lists all services", near)
	}
	return nil, you(exitUsage, next, "there is no service %q", plain(name))
}
