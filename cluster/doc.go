// Package cluster lets instances know of each other. Each registers itself under
// a lease that it renews, sees who comes and goes, and takes part in the election
// of one leader, who does what is to be done once for all.
//
// Nothing that is collected depends on it. Networks are handed out by fenced
// claims in the store; the cluster only tells sooner that an owner is dead, and
// who does the housekeeping. So when it cannot be reached, members go on by claims
// alone, say so, and register again when it is back.
//
// All of it is a small map of keys that its members watch, the Registry:
//
//	members/<id>   what a member says of itself; goes with its lease
//	drain/<id>     a wish that the member leaves; goes with the member's lease
//	leader         the id of the leader; goes with its lease
//	tasks/<id>     work that the leader handed to one member
//	results/<id>   what the member answered; stays until a leader has taken it
//
// The leader is whoever made the key "leader". The revision at which it was made
// is the leader's term: it grows with each election, and each write of a leader
// is guarded by it, so that one that was deposed without noticing changes nothing.
// A task becomes its result in one guarded step, so it has one result, whoever
// died meanwhile: a member's task is handed to another one, and a result outlives
// the leader that asked for it.
package cluster

import "errors"

const (
	memberKeys = "members/"
	drainKeys  = "drain/"
	leaderKey  = "leader"
	taskKeys   = "tasks/"
	resultKeys = "results/"
)

// Errors of a Member. What comes from its Registry is wrapped beside them.
var (
	// ErrNotLeader says that the caller does not lead, or no more: what it wanted
	// was not done, and another one does what is to be done.
	ErrNotLeader = errors.New("this instance does not lead the cluster")
	// ErrNobody says that no member can do a task.
	ErrNobody = errors.New("no member of the cluster does such tasks")
	// ErrTaken says that a task of this id is under way, or its result waits.
	ErrTaken = errors.New("the task has been handed out already")
	// ErrTooLarge says that a payload or an answer is larger than MaxPayload.
	ErrTooLarge = errors.New("too large for a message of the cluster")
	// ErrNoMember says that there is no such member.
	ErrNoMember = errors.New("no such member")
)
