package main

import (
	"collector/connectors"
	"collector/control"
)

// service finds a connector by the name of its service.
func (a *app) service(name string) (connectors.Connector, error) {
	return (&control.Panel{Connectors: a.offers}).ServiceNamed(name)
}
