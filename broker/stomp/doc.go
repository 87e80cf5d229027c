// Package stomp is a STOMP 1.0, 1.1 and 1.2 server in front of a broker: programs in
// any language send to and subscribe to its queues and topics over TCP, TLS or
// WebSocket. docs/STOMP.md is its manual.
//
// What a RECEIPT says is true: the store has what it is about. All frames that one
// read from a socket brings are handled together, so that the messages among them share one write.
// A message without a receipt that says persistent:false is taken into memory first and is lost if the
// process dies before it is stored; any other is stored before the next frame that
// needs an answer is answered.
//
// A client can make the server hold a bounded amount: one frame within the limits, one
// batch of messages, what its transactions gather within the broker's limit of one
// call, and what its subscriptions prefetch. A connection must log in and finish each frame that it begins
// within a time, keep the heart-beats that it agreed to, and take what it is sent.
// Whoever breaks a rule gets an ERROR frame with the reason, and the connection ends, as the protocol demands.
package stomp
