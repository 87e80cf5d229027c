// Package limit keeps what each service allows: a ledger of quotas that all
// processes share through the store, corrected by what the services say, and
// the pace within it.
//
// A quota is a row under the key provider/name/scope. Take grants one call from
// every quota that the call spends, or from none; Settle gives back what was
// not sent and learns from the answer. A met limit is an error that says until
// when, so the worker releases its network and takes another: nobody sleeps on
// a quota. After a service has refused a call, the time until which it asked to
// wait is stored before anything else happens; then a single probe goes out and
// everyone else waits for its answer.
//
// Window ends are kept in the server's clock. Each process knows its own offset
// from the Date header of the answers and waits one second more, because both
// Date and resets are whole seconds.
package limit
