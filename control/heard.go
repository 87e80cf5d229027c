package control

import (
	"strings"

	"collector/fault"
	"collector/sonify"
	"collector/state"
	"collector/store"
)

// Heard is what one change of the log sounds like.
func Heard(ch store.Change) []sonify.Event {
	service, _, _ := strings.Cut(ch.Network, "/")
	return []sonify.Event{
		{At: ch.At, Kind: sonify.Load, Service: service, Count: 1},
		{At: ch.At, Kind: sonify.Like, Service: service, Count: len(ch.Added)},
		{At: ch.At, Kind: sonify.Removal, Service: service, Count: len(ch.Removed)},
	}
}

// HeardRun is what one run of a network of a service sounds like.
func HeardRun(service string, r state.Run) sonify.Event {
	e := sonify.Event{At: r.At, Kind: sonify.Failure, Service: service, Count: 1}
	switch r.Fault {
	case "":
		e.Kind = sonify.Load
	case fault.RateLimited.String():
		e.Kind = sonify.Limit
	}
	return e
}
