// Package stomp measures the STOMP server beside RabbitMQ's: how many messages a second one
// producer and one consumer bring through a queue, and what CPU time of the servers a
// message costs.
//
// Both are driven by the same client with the same frames: 100 messages in the consumer's
// hands, each acknowledged alone. The two are compared at the same durability:
//
//   - kept in memory (persistent:false) with what RabbitMQ calls transient;
//   - without receipts with RabbitMQ's persistent messages without confirms: both have
//     taken the message, and a loss of power may cost the newest;
//   - with a receipt for each message, 100 of them open at once, with RabbitMQ's confirms,
//     which are what its receipts are: the message is on the disk.
//
// Ours is a process of its own (command server). Where a database server keeps its messages
// that one's CPU time is counted with it, since RabbitMQ keeps its own. RabbitMQ is
// Debian's package with its STOMP plugin, a node of its own on the loopback over an empty
// folder. Where it is not installed ours is measured alone and the lines say so.
package stomp
