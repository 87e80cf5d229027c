package config

import (
	"collector/web/remote"
)

// API says whom commands ask.
type API struct {
	API          string `yaml:"api" split_words:"true" doc:"whom commands ask: auto, off (the store alone), socket (the collector of this store), unix:PATH or https://HOST; see collector help api"`
	APIToken     Secret `yaml:"api_token" split_words:"true" doc:"token for api at an address, as collector tokens add prints it"`
	APITokenFile string `yaml:"api_token_file" split_words:"true" doc:"file that holds it"`
}

// What API can be beside an address.
const (
	APIAuto   = "auto"
	APIOff    = "off"
	APISocket = "socket"
)

func (c *API) validate(bad func(key, format string, a ...any)) {
	switch c.API {
	case APIAuto, APIOff, APISocket:
	default:
		if _, err := remote.ParseAddress(c.API); err != nil {
			bad("api", "%s; or auto, off, or socket", err)
		}
	}
	if !c.APIToken.Empty() && c.APITokenFile != "" {
		bad("api_token", "api_token and api_token_file are both set: keep one")
	}
}
