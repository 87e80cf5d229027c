// Package webhook tells people's own servers of what was collected: one signed POST for
// each change of an item, as Standard Webhooks has it
// (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
//
// The change log is the outbox: it is written in the same transaction as the items. Each
// endpoint has a place in it, which moves only behind what stands in the job queue, so a
// change is queued at least once; a job leaves the queue only when the endpoint has
// answered, so it is delivered at least once. What is sent again has the same webhook-id.
//
// A job holds the names of an item, not the item: what is sent is the item as it is then,
// and what was purged meanwhile is not sent.
//
// One process of a cluster delivers. What people set of an endpoint is guarded by a version
// (Store), and what the daemon finds out about it stands beside that and has one writer.
package webhook
