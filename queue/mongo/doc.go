// Package mongo keeps jobs in a MongoDB database (server 4.4 or later, a server
// alone or a replica set) that any number of processes share.
//
// A job is one document, and each of its changes is one guarded update of it: a
// claim finds jobs that are ready by an index that has only these, and puts its mark
// on those that are ready still; whatever ends a claim names that mark. So several
// processes that look at the same jobs share them, and what a late owner says
// changes nothing. Jobs go by hundreds: one command looks, one marks, one reads
// what was marked, one ends.
//
// An answer that was lost is read again and never assumed: each change leaves a mark
// of its own in the document, which tells what was done; an insert is repeated as one the
// servers remember, since its jobs may be done and removed meanwhile. A job that is done and not
// kept becomes "gone" first, which the answer is about, and is removed then; a minute
// later where others changed it before, who may still have to look for their marks.
//
// Counts are added up beside the jobs and written for many calls at once. Without
// transactions a process that dies may leave them off by what it had in hand.
package mongo
