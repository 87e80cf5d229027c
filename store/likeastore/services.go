package likeastore

import (
	"slices"

	"collector/connectors"
)

// service is what a service of the old program is here.
type service struct {
	name string // of the connector
	kind string // of its items
}

// services are those that have a counterpart, by their old names. The others
// (twitter, facebook, vimeo, …) come with their connectors: a line here each.
func services() map[string]service {
	return map[string]service{
		"github": {"github", "repository"},
		"gist":   {"gist", "gist"},
	}
}

// typeOf is the old name of the service that an item came from: items of gists bore
// the type of repositories and a mark of their own.
func typeOf(kind string, gist bool) string {
	if kind == "github" && gist {
		return "gist"
	}
	return kind
}

// connectorOf finds the connector of an old service among those of this program.
func connectorOf(old string, infos []connectors.Info) (connectors.Info, service, bool) {
	s, known := services()[old]
	i := slices.IndexFunc(infos, func(in connectors.Info) bool { return known && in.Name == s.name })
	if i < 0 {
		return connectors.Info{}, s, false
	}
	return infos[i], s, true
}
