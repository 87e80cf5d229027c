package main

import "collector/connectors"

// service finds a connector by the name of its service.
func (a *app) service(name string) (connectors.Connector, error) {
	return a.panel(nil).ServiceNamed(name)
}
