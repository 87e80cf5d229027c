// Package web is how the collector is reached over HTTP: the listener and what every
// answer shares, whatever it is about. It listens on an address, by default on one that only
// this machine reaches, and on a Unix socket beside the store, which only the user who runs
// the collector can open.
//
// Every request is made by somebody: Identify says who, and the answer holds what is theirs
// and nothing else. Without Identify nobody has to sign in; then everybody who reaches the
// listener is the operator, and an address that other machines reach is refused. Names that
// the listener is not known under are refused too, so that a page elsewhere cannot have a
// browser ask this machine; so is whatever changes something and comes from another origin.
//
// What is offered there is in the packages below: api.
package web
