// Package fetch is the one HTTP client of the program. Everything that a call
// to a service must obey stands here once: whom it may speak to (the address
// guard, same-origin redirects), how long and how much it may read, what it
// spends (the quota ledger), how it is signed, what its answer means (a status
// becomes a fault), and that no secret reaches a log or an error.
//
// A call passes through these stations, in this order: the host is checked; the
// credential is opened, refreshed when it is due; a permit is taken from the
// ledger, which paces; Before is asked whether the work is still ours; the
// placeholders are filled in; the call is sent; its body is read under a budget
// of memory that all calls share; what the reply says of quotas is settled, a
// met limit durably; and the status becomes a fault. There are no retries but
// one: a refused token is refreshed and the call is sent once more.
//
// What the guard cannot do: behind an explicit proxy the proxy looks names up,
// so there only literal addresses and names of private networks are refused.
package fetch
