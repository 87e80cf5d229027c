// Package metrics shows how a collector fares, to Prometheus and Graphite, and answers
// whether it lives and whether it is ready.
//
// There are three kinds of facts. What this instance does is counted as it happens:
// Ended is told of each run, and Calls, Store, Quotas and Posts stand around what makes
// calls and writes, pass everything on and change nothing. How the store stands (networks,
// what is due, jobs, messages) is read from the counters that the store itself keeps, when
// somebody asks, by one reader at a time and with a limit of time; who asks meanwhile gets
// the answer before. How the process stands comes from the client library.
//
// A label names a service, a provider, a quota, a kind or an outcome, from lists that are
// fixed when the program is built: never an account, a user, a network or a host. So the
// number of series is the same for one account and for a million, and nothing that is shown
// is about anybody.
package metrics
