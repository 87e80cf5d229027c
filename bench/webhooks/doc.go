// Package webhooks measures how many calls a minute webhooks are told of changes with: from
// a change log that holds them all, through the job queue, signed, and through the guarded
// client, by 100 workers over 20 connections to the database. The server that is called
// answers after 200 ms, or at once.
//
// The floor is a bare loop: 100 clients of net/http that post bodies of the same size to the
// same server one after the other, and store nothing.
//
// The server is in the same process and takes its part of the processors in both. A call
// counts once, by its webhook-id; all have to come.
package webhooks
