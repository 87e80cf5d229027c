// Package trace remembers what runs did, step by step, in the memory of the process that
// ran them: who took a network in hand, what was asked and what came of it, what was read
// and stored, and why the next run is when it is. Nothing is written to a store for it.
//
// A run carries its trace in the context of its work (With, Of), so whoever does a step
// notes it there and nobody hands it on. Of a context without one there is a nil Run, which
// notes nothing.
package trace
