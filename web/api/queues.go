package api

import (
	"context"

	"collector/broker"
	"collector/control"
	"collector/queue"
)

func (s *service) withMessages(ctx context.Context, reading bool, fn func(queue.Store, broker.Log) error) error {
	if err := operator(ctx, "messages of other programs are"); err != nil {
		return err
	}
	return s.Panel.Beside.Messages(ctx, reading, fn)
}

func (s *service) queues(ctx context.Context, _ *struct{}) (*queuesAnswer, error) {
	out := &queuesAnswer{}
	return out, s.withMessages(ctx, true, func(jobs queue.Store, _ broker.Log) error {
		stats, err := jobs.Stats(ctx)
		out.Body.Queues = control.QueuesOf(stats)
		return err
	})
}

type peekQuestion struct {
	Queue   string      `query:"queue" required:"true" minLength:"1" maxLength:"255" example:"likes" doc:"the queue, with or without /queue/ before it"`
	State   queue.State `query:"state" enum:"ready,running,scheduled,dead,done" doc:"only those in this state"`
	Newest  bool        `query:"newest" doc:"the newest first"`
	Content bool        `query:"content" doc:"also headers and bodies, which may be private; then also at most 8 MiB of them, or one message"`
	Limit   int         `query:"limit" minimum:"1" maximum:"1000" default:"20" doc:"at most so many messages"`
}

type messagesAnswer struct {
	Body struct {
		Messages []control.Message `json:"messages" nullable:"false"`
		More     bool              `json:"more" doc:"there are more than the limit"`
	}
}

func (s *service) peek(ctx context.Context, in *peekQuestion) (*messagesAnswer, error) {
	out := &messagesAnswer{}
	return out, s.withMessages(ctx, true, func(jobs queue.Store, _ broker.Log) error {
		q, err := control.QueueCalled(ctx, jobs, in.Queue)
		if err != nil {
			return err
		}
		out.Body.Messages, out.Body.More, err = peeked(ctx, jobs, q.Queue, in)
		return err
	})
}

// Peeking holds few messages at a time, and answers no more of their content than this.
const (
	peekedAtOnce = 20
	mostContent  = 8 << 20 // bytes
)

// peeked reads the messages of a queue up to the limit, with content up to mostContent, but
// one message at least. more says that there are more.
func peeked(ctx context.Context, jobs queue.Store, name string, in *peekQuestion) (out []control.Message, more bool, err error) {
	out = []control.Message{}
	size, f := 0, queue.Filter{Queue: name, State: in.State}
	for p := (queue.Page{Newest: in.Newest}); ; {
		p.Limit = min(peekedAtOnce, in.Limit-len(out))
		list, next, err := jobs.Jobs(ctx, f, p)
		if err != nil {
			return nil, false, err
		}
		for _, j := range list {
			if size += len(j.Data); in.Content && size > mostContent && len(out) > 0 {
				return out, true, nil
			}
			out = append(out, control.MessageOf(j, in.Content))
		}
		if p.Cursor = next; next == "" || len(out) == in.Limit {
			return out, next != "", nil
		}
	}
}

type messagesWish struct {
	Body struct {
		Queue   string      `json:"queue" minLength:"1" maxLength:"255" doc:"the queue, with or without /queue/ before it"`
		Message string      `json:"message,omitempty" maxLength:"255" doc:"one message by its id"`
		All     bool        `json:"all,omitempty" doc:"in place of one message all of the queue, or those that the rest chooses"`
		State   queue.State `json:"state,omitempty" enum:"ready,scheduled,running,dead,done" doc:"with all: only those in this state; requeued are always dead ones"`
		Error   string      `json:"error,omitempty" maxLength:"1000" doc:"with all: only those whose last error has these letters"`
		Older   int         `json:"older,omitempty" minimum:"0" maximum:"3153600000" doc:"with all: only those that were sent so many seconds ago"`
	}
}

func (s *service) requeue(ctx context.Context, in *messagesWish) (*changedAnswer, error) {
	return s.changeMessages(ctx, in, func(jobs queue.Store, ch control.MessageChoice) (int, error) {
		return control.RequeueMessages(ctx, jobs, s.Now(), ch)
	})
}

func (s *service) removeMessages(ctx context.Context, in *messagesWish) (*changedAnswer, error) {
	return s.changeMessages(ctx, in, func(jobs queue.Store, ch control.MessageChoice) (int, error) {
		now := s.Now()
		f, err := ch.Filter(ctx, jobs, now)
		if err != nil {
			return 0, err
		}
		return control.RemoveMessages(ctx, jobs, now, f, ch.Message)
	})
}

func (s *service) changeMessages(ctx context.Context, in *messagesWish, do func(queue.Store, control.MessageChoice) (int, error)) (*changedAnswer, error) {
	b, out := in.Body, &changedAnswer{}
	return out, s.withMessages(ctx, false, func(jobs queue.Store, _ broker.Log) error {
		err := oneOrAll("message", b.Message != "", b.All, b.State != "" || b.Error != "" || b.Older != 0)
		if err == nil {
			out.Body.Changed, err = do(jobs, control.MessageChoice{Queue: b.Queue, Message: b.Message, State: string(b.State), Error: b.Error, Older: seconds(b.Older)})
		}
		return err
	})
}

type queueWish struct {
	Body struct {
		Queue string `json:"queue" minLength:"1" maxLength:"255" doc:"the queue, with or without /queue/ before it"`
	}
}

type queueAnswer struct {
	Body struct {
		Queue  string `json:"queue"`
		Paused bool   `json:"paused"`
	}
}

func (s *service) pauseQueue(ctx context.Context, in *queueWish) (*queueAnswer, error) {
	return s.setQueuePaused(ctx, in, true)
}

func (s *service) resumeQueue(ctx context.Context, in *queueWish) (*queueAnswer, error) {
	return s.setQueuePaused(ctx, in, false)
}

func (s *service) setQueuePaused(ctx context.Context, in *queueWish, paused bool) (*queueAnswer, error) {
	out := &queueAnswer{}
	return out, s.withMessages(ctx, false, func(jobs queue.Store, _ broker.Log) error {
		q, err := control.QueueCalled(ctx, jobs, in.Body.Queue)
		if err != nil {
			return err
		}
		out.Body.Queue, out.Body.Paused = q.Queue, paused
		return jobs.Pause(ctx, q.Queue, paused)
	})
}

type topicsAnswer struct{ Body control.Topics }

func (s *service) topics(ctx context.Context, _ *struct{}) (*topicsAnswer, error) {
	out := &topicsAnswer{}
	return out, s.withMessages(ctx, true, func(_ queue.Store, log broker.Log) (err error) {
		out.Body, err = control.TopicsOf(ctx, log)
		return err
	})
}
