// Package mongo keeps everything in a MongoDB database (server 4.4 or later) that
// any number of processes share.
//
// What must be true together stands in one document where that is possible: a
// network with its lease, its progress and its counters. A claim, a release and
// what a person wishes are one update of it, guarded by owner and epoch or by the
// document's version. A page changes many documents: its items first, then the
// network, guarded, with the entry that the change log still lacks. On a replica
// set that is one transaction, which pages of several networks share (saveGroup);
// on a server alone, and of a backfill (saveStepwise), these are steps. Only then is the
// entry appended to the log, whose numbers are dense because each is inserted as
// the last one plus one; whoever finds an entry left behind appends it, and the
// log holds a page once.
//
// An answer that was lost is read again and never assumed: every guarded update
// leaves a mark of its own, so that a second look tells whether it happened.
package mongo
