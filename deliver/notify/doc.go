// Package notify tells the operator when the state of things changes: a network needs a
// person, or is well again; likes that are gone wait for a word; a webhook is not called
// any more; the disk is nearly full. Messages go to the addresses that are configured, by
// the library shoutrrr.
//
// What was told stands in one value of the store (notebook), which is swapped and never
// overwritten. A message is made in the same swap that notes what it tells, so that each
// change is told once: not with each look, not after a restart, and by one of several
// instances. Then it is sent, at least once: who dies while it is sent leaves it to the
// next.
//
// A look compares what is so with what was told. What came and went between two messages
// is not told at all, and what happened to a thousand networks is one message.
//
// An address holds secrets. It stands in an auth.Secret, and what the library says of
// its own errors is not passed on, since it may hold parts of it: errors are words of this
// package, with the name of the service alone.
package notify
