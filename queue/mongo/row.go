package mongo

import (
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"collector/queue"
)

// gone is the state of a job that is removed in a moment: to everybody but this
// package it is not there.
const gone queue.State = "gone"

// row is the document of a job.
type row struct {
	ID          string      `bson:"_id"`
	Queue       string      `bson:"queue"`
	Kind        string      `bson:"kind"`
	Data        []byte      `bson:"data,omitempty"`
	Priority    int32       `bson:"priority"`
	Due         time.Time   `bson:"due"`
	MaxAttempts int32       `bson:"maxAttempts,omitempty"`
	Keep        int64       `bson:"keep,omitempty"` // milliseconds
	State       queue.State `bson:"state"`
	Added       time.Time   `bson:"added"`
	Attempts    int32       `bson:"attempts"`
	Deliveries  int32       `bson:"deliveries"`
	Owner       string      `bson:"owner,omitempty"`
	Claim       string      `bson:"claim,omitempty"` // the mark of the newest claim
	LeaseUntil  time.Time   `bson:"leaseUntil,omitempty"`
	Started     time.Time   `bson:"started,omitempty"`
	LastError   string      `bson:"lastError,omitempty"`
	Finished    time.Time   `bson:"finished,omitempty"`
	KeptUntil   time.Time   `bson:"keptUntil,omitempty"` // Finished and Keep
	AddedBy     string      `bson:"addedBy"`             // the mark of the call that added it
	Changed     []string    `bson:"changed,omitempty"`   // the newest marks of calls that changed it
}

// marksKept is how many marks a job keeps. With fewer, a caller who has to look could
// find that others have changed the job since and its own mark is gone.
const marksKept = 32

// marked is an update that sets fields, removes others, and leaves a mark.
func marked(mark string, set bson.D, unset ...string) bson.D {
	out := bson.D{{Key: "$set", Value: set}}
	if len(unset) > 0 {
		var fields bson.D
		for _, f := range unset {
			fields = append(fields, bson.E{Key: f, Value: ""})
		}
		out = append(out, bson.E{Key: "$unset", Value: fields})
	}
	return append(out, bson.E{Key: "$push", Value: is("changed", bson.D{{Key: "$each", Value: bson.A{mark}}, {Key: "$slice", Value: -marksKept}})})
}

func newRow(j queue.Job, mark string) row {
	return row{
		ID: j.ID, Queue: j.Queue, Kind: j.Kind, Data: j.Data, Priority: int32(j.Priority), Due: j.Due,
		MaxAttempts: int32(j.MaxAttempts), Keep: j.Keep.Milliseconds(), State: j.State, Added: j.Added, AddedBy: mark,
	}
}

func (r row) job() queue.Job {
	j := queue.Job{
		ID: r.ID, Queue: r.Queue, Kind: r.Kind, Data: r.Data, Priority: int(r.Priority), Due: r.Due,
		MaxAttempts: int(r.MaxAttempts), Keep: time.Duration(r.Keep) * time.Millisecond, State: r.State, Added: r.Added,
		Attempts: int(r.Attempts), Deliveries: int(r.Deliveries), Owner: r.Owner, LeaseUntil: r.LeaseUntil,
		Started: r.Started, LastError: r.LastError, Finished: r.Finished,
	}
	if r.State == queue.Running {
		j.Token = token(r.Claim, r.Queue)
	}
	return j
}

// token is what the owners of jobs are given: the mark of the claim and the queue,
// which is counted when the claim ends.
func token(mark, queue string) string { return mark + "/" + queue }

// held is the filter of jobs that are held under a token; others are under none.
func held(token string) bson.D {
	mark, name, _ := strings.Cut(token, "/")
	return bson.D{{Key: "state", Value: queue.Running}, {Key: "claim", Value: mark}, {Key: "queue", Value: name}}
}

// of is a filter of jobs by their ids and more.
func of(ids []string, more bson.D) bson.D {
	return append(bson.D{{Key: "_id", Value: is("$in", ids)}}, more...)
}
