// Package torture holds the whole-process tests: the real program, as a process
// of its own, against simulated services that know every item and record every
// request. It is killed at random and at named points, stopped past its lease,
// told to stop, and barred by its services; afterwards what it holds is compared
// with the truth.
//
// A round that did not bite proves nothing, so each counts what it hit: kills
// report the pages committed, pauses the late writes refused.
//
// The amounts are flags. The defaults are those of every change; the figures
// of docs/RELIABILITY.md were reached with the amounts named there.
package torture
