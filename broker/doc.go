// Package broker hands messages to other programs. It knows two kinds of places:
//
//   - A queue, /queue/NAME: each message goes to one consumer, the one of highest
//     priority first, and stays until that consumer acknowledges it. What a dead or
//     slow consumer held is delivered again, and marked so.
//   - A topic, /topic/NAME: each message goes to all who subscribe, and to those who
//     come later and name a position that is still kept. A subscriber starts at what
//     is new or goes on from where it was.
//
// What waits is in the store, so that any process over it can hand it out. Send returns
// nil when its messages are safe, and not before: stored, or acknowledged by a consumer; a
// batch is one write. A message that a consumer of this process waits for is handed to it
// at once, and stored only if it is not acknowledged soon. Post takes messages into a bounded memory, for producers
// that do not wait, and while the store does not answer, as in a failover, both wait
// there for it. What is only in that memory was acknowledged to nobody.
//
// Delivery is at least once. Each message has an ID that stays the same however
// often it is sent or delivered: by it a producer may send again what it is not sure
// of, and a consumer tells a repetition. Sending an ID that is still kept stores
// nothing and is no error.
//
// Memory is bounded everywhere. A queue's consumer has at most its prefetch in hand.
// A topic's messages are read once in a process and shared by all its subscribers; one
// that falls behind what is shared reads from the store at its own pace, and one that
// falls behind what is kept gets ErrGone with the position, so it knows what it missed.
package broker
