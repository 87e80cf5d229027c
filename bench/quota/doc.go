// Package quota measures how much of a service's quota a backfill uses that only
// the quota limits. What counts is the service's own count, over three full
// windows; a call over the quota is an error of the measurement, not a figure.
//
// quota/forms is every form of quota that the known services have (package
// limit/limittest), in virtual time, for windows of hours, days and months: one
// process, and two that share a SQLite file through handles of their own, one of
// which dies in the second window while it holds a reservation.
//
// quota/daemons is the real program: two daemons on one SQLite file against a
// simulated GitHub with windows of a minute, one of which is killed -9 in the
// third window and not started again. Their leases are as much shorter as the
// windows are: an account has one owner, whose death is seen by the lease where
// processes do not see each other's locks.
//
// Crowd is the ledger by itself: four processes of 64 workers each on one quota of
// 5,000 calls an hour that is compressed to seconds, one of which is killed -9 and one
// paused while they hold reservations. It is measured over MongoDB, where processes
// do not see each other's locks. Failovers is the same while the database loses its
// primary again and again.
package quota
