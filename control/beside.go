package control

import (
	"context"
	"io"
	"time"

	"collector/auth"
	"collector/broker"
	"collector/cluster"
	"collector/deliver/webhook"
	"collector/queue"
	"collector/store/intake"
)

// Beside opens what is kept beside the items of a store, each for one call. Nothing is made
// by looking: where nobody ever kept anything there is nothing.
type Beside struct {
	Jobs     func(ctx context.Context, reading bool, fn func([]queue.Store) error) error // the collector's own
	Messages func(ctx context.Context, reading bool, fn func(queue.Store, broker.Log) error) error
	Webhooks func(ctx context.Context, making bool, fn func(webhook.Store) error) error
	Waiting  func(ctx context.Context, fn func(queue.Store) error) error                                  // calls of webhooks, where there ever were any
	Ring     func(ctx context.Context) (*auth.Keyring, error)                                             // seals the secrets of webhooks
	Target   func(address string) (string, error)                                                         // the address as it is called, or why it is not
	Backup   func(ctx context.Context, file string) (Copy, error)                                         // of the whole store, into a file that is not there yet
	Export   func(ctx context.Context, e Export) (AddedExport, error)                                     // adds the job of one; its network is an id
	Intake   func(ctx context.Context, waiting func(network string), fn func(*intake.Intake) error) error // brings items in, one network at a time
	// PurgeMessages takes what was published of a user out of queues and topics, of one network
	// where it is named; ForgetWaiting what is to be sent to webhooks of networks that are gone.
	// Copies are the sentences that say what may hold what was purged all the same.
	// PurgeUser deletes everything of a user, of whom so many grants were ended already; CleanUsers
	// looks who is inactive for a time, without one for that which is configured, and ends
	// the collecting for them unless it is only looked.
	// Enrol connects the accounts of all lines, and Push keeps a bookmark service up to date; what
	// they did is told whatever the error.
	PurgeUser     func(ctx context.Context, user string, ended int) (PurgedUser, error)
	CleanUsers    func(ctx context.Context, after time.Duration, dry bool) (Cleaning, error)
	PurgeMessages func(ctx context.Context, user, network string) (PurgedMessages, error)
	ForgetWaiting func(ctx context.Context, gone func(network string) bool) error
	Enrol         func(ctx context.Context, lines io.Reader, e Enrolment) (Enrolled, error)
	Push          func(ctx context.Context, w Pushing) (Pushed, error)
	Copies        func() []string
	Cluster       func() (cluster.Registry, error) // nil where none is configured
	Member        string                           // what this process is called in it; "" where it is none of it
}
