package api

import (
	"context"
	"time"

	"collector/control"
	"collector/queue"
)

// operator refuses everybody but the operator.
func operator(ctx context.Context, what string) error {
	if !isOperator(ctx) {
		return forbidden(what+" for the operator alone", "ask who runs the collector")
	}
	return nil
}

type jobsQuestion struct {
	Queue  string      `query:"queue" maxLength:"255" example:"upkeep" doc:"only those of this queue"`
	Kind   string      `query:"kind" maxLength:"255" example:"export" doc:"only those of this kind, such as export, clean or webhook"`
	State  queue.State `query:"state" enum:"ready,running,scheduled,dead,done" doc:"only those in this state"`
	Error  string      `query:"error" maxLength:"1000" doc:"only those whose last error has these letters"`
	Older  int         `query:"older" minimum:"0" maximum:"3153600000" doc:"only those that were added so many seconds ago"`
	Newest bool        `query:"newest" doc:"the newest first"`
	Limit  int         `query:"limit" minimum:"1" maximum:"1000" default:"50" doc:"at most so many jobs"`
}

type jobsAnswer struct {
	Body struct {
		Jobs []control.Job `json:"jobs" nullable:"false"`
		More bool          `json:"more" doc:"there are more than the limit"`
	}
}

func (s *service) jobs(ctx context.Context, in *jobsQuestion) (*jobsAnswer, error) {
	out := &jobsAnswer{}
	out.Body.Jobs = []control.Job{}
	return out, s.withJobs(ctx, true, func(all []queue.Store) error {
		ch := control.JobChoice{Queue: in.Queue, Kind: in.Kind, State: string(in.State), Error: in.Error, Older: seconds(in.Older)}
		f, err := ch.Filter(ctx, all, s.Now())
		if err != nil {
			return err
		}
		out.Body.More, err = control.EachJob(ctx, all, f, in.Limit, in.Newest, func(j queue.Job) error {
			out.Body.Jobs = append(out.Body.Jobs, control.JobOf(j, false))
			return nil
		})
		return err
	})
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

func (s *service) withJobs(ctx context.Context, reading bool, fn func([]queue.Store) error) error {
	if err := operator(ctx, "jobs are"); err != nil {
		return err
	}
	return s.Panel.Beside.Jobs(ctx, reading, fn)
}

type jobQuestion struct {
	Job     string `query:"job" required:"true" minLength:"1" maxLength:"255" doc:"the id of the job"`
	Content bool   `query:"content" doc:"also what it is to work on, which may be private"`
}

type jobAnswer struct{ Body control.Job }

func (s *service) job(ctx context.Context, in *jobQuestion) (*jobAnswer, error) {
	out := &jobAnswer{}
	return out, s.withJobs(ctx, true, func(all []queue.Store) error {
		_, j, err := control.JobCalled(ctx, all, in.Job)
		out.Body = control.JobOf(j, in.Content)
		return err
	})
}

type queuesAnswer struct {
	Body struct {
		Queues []control.Queue `json:"queues" nullable:"false"`
	}
}

func (s *service) jobCounts(ctx context.Context, _ *struct{}) (*queuesAnswer, error) {
	out := &queuesAnswer{}
	return out, s.withJobs(ctx, true, func(all []queue.Store) error {
		stats, err := control.JobStats(ctx, all)
		out.Body.Queues = control.QueuesOf(stats)
		return err
	})
}

type jobsWish struct {
	Body struct {
		Job   string      `json:"job,omitempty" maxLength:"255" doc:"one job by its id"`
		All   bool        `json:"all,omitempty" doc:"in place of one job all, or those that the rest chooses"`
		Queue string      `json:"queue,omitempty" maxLength:"255" doc:"with all: only those of this queue"`
		Kind  string      `json:"kind,omitempty" maxLength:"255" doc:"with all: only those of this kind"`
		State queue.State `json:"state,omitempty" enum:"ready,scheduled,running,dead,done" doc:"with all: only those in this state; what is retried is dead, the default, or scheduled"`
		Error string      `json:"error,omitempty" maxLength:"1000" doc:"with all: only those whose last error has these letters"`
		Older int         `json:"older,omitempty" minimum:"0" maximum:"3153600000" doc:"with all: only those that were added so many seconds ago"`
	}
}

// choice is what all jobs are chosen by.
func (in *jobsWish) choice() control.JobChoice {
	b := in.Body
	return control.JobChoice{Queue: b.Queue, Kind: b.Kind, State: string(b.State), Error: b.Error, Older: seconds(b.Older)}
}

// check refuses a wish that leaves open what is meant.
func (in *jobsWish) check() error {
	return oneOrAll("job", in.Body.Job != "", in.Body.All, in.choice() != control.JobChoice{})
}

// oneOrAll refuses a wish that leaves open what is meant: one, or all that something chooses.
func oneOrAll(what string, one, all, chosen bool) error {
	switch {
	case one == all:
		return &control.Problem{Kind: control.Wrong, Reason: "it is left open which is meant", Whose: "you", Next: "name one " + what + " or say all, one of the two"}
	case one && chosen:
		return &control.Problem{Kind: control.Wrong, Reason: "one " + what + " is named, and the rest chooses among all", Whose: "you", Next: "leave the rest out, or say all instead of naming one"}
	}
	return nil
}

type changedAnswer struct {
	Body struct {
		Changed int `json:"changed" doc:"how many were changed"`
	}
}

func (s *service) retryJobs(ctx context.Context, in *jobsWish) (*changedAnswer, error) {
	return s.changeJobs(ctx, in, func(all []queue.Store) (int, error) {
		if in.Body.All {
			return control.RetryJobs(ctx, all, s.Now(), in.choice())
		}
		return 1, control.RetryJob(ctx, all, s.Now(), in.Body.Job)
	})
}

func (s *service) removeJobs(ctx context.Context, in *jobsWish) (*changedAnswer, error) {
	return s.changeJobs(ctx, in, func(all []queue.Store) (int, error) {
		if in.Body.All {
			f, err := in.choice().Filter(ctx, all, s.Now())
			if err != nil {
				return 0, err
			}
			return control.RemoveJobs(ctx, all, s.Now(), f)
		}
		jobs, j, err := control.JobCalled(ctx, all, in.Body.Job)
		if err != nil {
			return 0, err
		}
		return 1, control.RemoveJob(ctx, jobs, j.ID)
	})
}

func (s *service) changeJobs(ctx context.Context, in *jobsWish, do func([]queue.Store) (int, error)) (*changedAnswer, error) {
	out := &changedAnswer{}
	return out, s.withJobs(ctx, false, func(all []queue.Store) (err error) {
		if err = in.check(); err == nil {
			out.Body.Changed, err = do(all)
		}
		return err
	})
}
