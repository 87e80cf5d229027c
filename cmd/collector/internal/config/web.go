package config

import (
	"collector/web"
)

// Web says where the collector is reached over HTTP, and by whom.
type Web struct {
	Listen      string   `yaml:"listen" split_words:"true" doc:"address on which the pages and the HTTP API are offered, host:port; off: nowhere, and no socket beside the store either"`
	ListenNames []string `yaml:"listen_names" split_words:"true" doc:"names that browsers and programs may call it by, such as likes.lan, beside addresses and localhost"`
	NoAuth      bool     `yaml:"no_auth" split_words:"true" doc:"nobody has to sign in; only where the address is of this machine alone, and then all of its users are the operator"`
	Proxies     []string `yaml:"proxies" split_words:"true" doc:"addresses of proxies in front, such as 10.0.0.0/8, whose word is taken for who asks and whether over https"`
}

// validate returns what is wrong, as key and reason. Whether an address that other
// machines reach may be listened on is decided when it is opened.
func (w *Web) validate(bad func(key, format string, a ...any)) {
	if err := web.CheckAddress(w.Listen); err != nil {
		bad("listen", "%s", err)
	}
	if _, err := web.ParseProxies(w.Proxies); err != nil {
		bad("proxies", "%s", err)
	}
	for _, name := range w.ListenNames {
		if !host.MatchString(name) {
			bad("listen_names", "%q is no name of a host", name)
		}
	}
}
