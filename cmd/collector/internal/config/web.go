package config

import (
	"collector/web"
)

// Web says where the collector is reached over HTTP.
type Web struct {
	Listen      string   `yaml:"listen" split_words:"true" doc:"address on which the HTTP API is offered, host:port; off: nowhere, and no socket beside the store either"`
	ListenNames []string `yaml:"listen_names" split_words:"true" doc:"names that browsers and programs may call it by, such as likes.lan, beside addresses and localhost"`
}

// validate returns what is wrong, as key and reason. Whether an address that other
// machines reach may be listened on is decided when it is opened.
func (w *Web) validate(bad func(key, format string, a ...any)) {
	if err := web.CheckAddress(w.Listen); err != nil {
		bad("listen", "%s", err)
	}
	for _, name := range w.ListenNames {
		if !host.MatchString(name) {
			bad("listen_names", "%q is no name of a host", name)
		}
	}
}
