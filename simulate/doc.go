// Package simulate holds simulated services: GitHub, Mastodon and Bluesky as
// their servers behave, over a world that it makes up. Because the world is its
// own, it knows every like that is true at a moment, every request that came,
// and every request that should not have come. So it is the oracle of the tests
// (a quota is judged by the service's count, a backfill by the true set), the
// other end of the benchmarks, and what `collector demo` shows.
//
// A Sim is made from a seed; the same seed and the same calls give the same
// world. People, repositories and posts are invented; no real one is meant.
// Time is given by the caller, so that tests own it and a demo may run faster.
// A Sim is reached in two ways: Transport serves requests in the process,
// without sockets, as virtual time (testing/synctest) needs; Serve listens on
// loopback, with an HTTP control for tests whose collector is another process.
//
// What can go wrong on purpose is a Fault: from a plain 503 to a body that never
// ends. What must never happen is a Violation: a request before the time that
// the service named, two at once on one credential, a token in an address or at
// the wrong origin, one call more than the quota.
package simulate
