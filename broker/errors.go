package broker

import "errors"

// Errors that callers tell apart; each comes wrapped with what was being done.
var (
	// ErrGone says that a topic's messages behind the asked-for position are no longer
	// kept: some were missed. Subscribe again with Oldest or Newest.
	ErrGone = errors.New("the topic no longer holds what follows that position: subscribe again, from the oldest or the newest")
	// ErrUnknown says that a subscription has no unacknowledged message of that ID.
	ErrUnknown = errors.New("this subscription has no unacknowledged message of that id")
	// ErrLost says that the time to acknowledge a message has passed: it may have
	// gone to another consumer, and the acknowledgement changed nothing, unless the store
	// carried it out, gave no answer and did not give one again before that time.
	ErrLost = errors.New("the message was not acknowledged in time and may have gone to another consumer")
	// ErrFull says that the memory for producers is full while the store does not
	// answer. Nothing of the call was taken.
	ErrFull = errors.New("the memory for messages that wait for the store is full: send them again later")
	// ErrMessage says that a message or a batch is too large or malformed. It is the
	// producer's fault, and sending it again does not help.
	ErrMessage = errors.New("the message cannot be taken")
	// ErrClosed says that the broker or the subscription has ended.
	ErrClosed = errors.New("it is closed")
)

// errUnsure is in errors after which what was asked for may have been done, or be done later.
var errUnsure = errors.New("whether it was stored is not known")
