// Package mongo measures the store on MongoDB and what several instances over one
// database do: claims among a million networks, the headline, two instances, the
// change log, the ledger, and the quota that all share; and what the job queue, the
// messages and the webhooks do over it.
//
// Each measurement starts a server of its own, a replica set of one member, on this
// machine; ours, its floor, the simulated service and the server share the
// processors. The floor is bare code over the same server, with the same indexes and
// the same write concern. What the server's CPU time was stands beside.
package mongo
