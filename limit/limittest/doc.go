// Package limittest plays services that count, and processes that spend, against
// the ledger of package limit.
//
// A Kind is one way in which services keep and tell their quotas: windows that
// are fixed, of the calendar, or rolling; ends told as a time, as seconds to go,
// or not at all; remainders told in headers, in the body, or not at all; budgets
// of an account, of the application or of an address. The service counts by
// itself, as the real one would, and what is reported is its count, never the
// ledger's.
//
// Time is virtual and advances from event to event, so that windows of a month
// take no longer than windows of a minute, and the same run gives the same
// result on every machine. The workers of a process do what the program does:
// take, send, settle, and come back when a refusal says so.
package limittest
