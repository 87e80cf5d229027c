// Package move takes everything that a store holds to an empty store of whatever
// kind: a grown installation from SQLite to MongoDB, or back.
//
// It reads the source part by part in the order of keys and puts each batch into
// the target, then notes there how far it has come. Putting is idempotent, so a
// process that is killed at any moment repeats at most one batch when it is run
// again, and nothing is there twice. While a move is unfinished the target says so,
// and no other command touches it.
//
// Nobody may work on the source meanwhile. That is looked at before, after every
// batch's note and at the end, and a digest of all networks tells whether somebody
// did between two runs; then the move begins anew over what is there. At the end
// both sides are counted, network by network.
//
// Leases and rights to refresh a sign-in are not moved: they are those of processes
// that have ended. Nor is the change log: its entries are the pages of one store,
// in the order in which that store saved them. What another package keeps in the
// places of both stores is moved by it, last (Beside). The target's log begins behind every
// number that a reader of the source can have seen, so a reader is told to read
// everything once, and no number ever means something else than before.
package move
