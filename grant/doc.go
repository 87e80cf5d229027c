// Package grant says who may do what: it makes, keeps, checks and ends the grants by which
// a browser, a program or a feed reader is let in.
//
// There are four kinds. A login link is good once and for ten minutes, and becomes a
// session. A session is a browser's. A token is a program's, with the scopes that it was
// given. A feed is an address that shows one search of one user and nothing else, since
// addresses are passed on and written down. Each belongs to a user; "" is the operator of
// the installation, who sees all users.
//
// A grant is a random text of 256 bits that is shown once, when it is made. What is kept is
// its SHA-256. That is enough here: a slow hash guards what people choose, which can be
// guessed from a list, and nobody guesses 256 random bits, however fast the hash is. So a
// thief of the database finds nothing that opens a door, and a request is checked by one
// look into an index. It also needs no comparison in constant time: what a stranger could
// learn from the time of that look is about a hash of his own text, and tells nothing of
// any text that would have a hash like it.
//
// Nothing that lets somebody in is remembered between two requests, so a grant that is
// revoked by any process is void for all of them at once.
package grant
