// Package sqlite keeps everything in one file, in SQLite without cgo.
//
// The file has one writer a process: a goroutine that takes what is waiting, at
// most 16 pages, and saves it in one transaction. A page whose lease was lost has
// written nothing, and takes no other with it; after one that fails later, the
// transaction begins again with each page under a savepoint of its own. Readers
// have connections of their own and never wait for the writer (write-ahead log).
// Two processes may share the file; they take turns by BEGIN IMMEDIATE.
//
// In a transaction all items come first and the search index last, in a single
// statement: FTS5 writes out what it has gathered at every statement that could
// be undone, so feeding it between the items costs three times as much.
//
// A lease is a narrow row beside the wide one of its network: a claim of a
// hundred networks writes a few pages and reads the rest.
//
// Times are milliseconds since 1970 in UTC. docs/DATABASE.md says which views
// other programs may read.
package sqlite
