package main

import (
	"context"
	"errors"

	"collector/control"
	"collector/queue"
)

// deskOfMessages is the part of a desk that is about the messages of other programs.
type deskOfMessages interface {
	Queues(ctx context.Context) ([]control.Queue, error)
	Peek(ctx context.Context, queue, state string, newest, content bool, n int) (list []control.Message, more bool, err error)
	RequeueMessages(ctx context.Context, ch control.MessageChoice) (int, error)
	RemoveMessages(ctx context.Context, ch control.MessageChoice) (int, error)
	PauseQueue(ctx context.Context, queue string, paused bool) (name string, err error)
	Topics(ctx context.Context) (control.Topics, error)
}

// messages runs fn over the messages of the store.
func (d atStore) messages(ctx context.Context, reading bool, fn func(messages) error) error {
	m, err := d.a.kept(ctx, d.st, reading)
	if err != nil {
		return err
	}
	return errors.Join(fn(m), m.close())
}

func (d atStore) Queues(ctx context.Context) (out []control.Queue, err error) {
	err = d.messages(ctx, true, func(m messages) error {
		stats, err := m.jobs.Stats(ctx)
		out = control.QueuesOf(stats)
		return err
	})
	return out, err
}

func (d atStore) Peek(ctx context.Context, name, state string, newest, content bool, n int) (list []control.Message, more bool, err error) {
	err = d.messages(ctx, true, func(m messages) error {
		q, err := control.QueueCalled(ctx, m.jobs, name)
		if err != nil {
			return err
		}
		jobs, next, err := m.jobs.Jobs(ctx, queue.Filter{Queue: q.Queue, State: queue.State(state)}, queue.Page{Limit: n, Newest: newest})
		for _, j := range jobs {
			list = append(list, control.MessageOf(j, content))
		}
		more = next != ""
		return err
	})
	return list, more, err
}

func (d atStore) RequeueMessages(ctx context.Context, ch control.MessageChoice) (n int, err error) {
	err = d.messages(ctx, false, func(m messages) error {
		n, err = control.RequeueMessages(ctx, m.jobs, d.a.now(), ch)
		return err
	})
	return n, err
}

func (d atStore) RemoveMessages(ctx context.Context, ch control.MessageChoice) (n int, err error) {
	err = d.messages(ctx, false, func(m messages) error {
		now := d.a.now()
		f, err := ch.Filter(ctx, m.jobs, now)
		if err != nil {
			return err
		}
		n, err = control.RemoveMessages(ctx, m.jobs, now, f, ch.Message)
		return err
	})
	return n, err
}

func (d atStore) PauseQueue(ctx context.Context, name string, paused bool) (called string, err error) {
	err = d.messages(ctx, false, func(m messages) error {
		q, err := control.QueueCalled(ctx, m.jobs, name)
		if err != nil {
			return err
		}
		called = q.Queue
		return m.jobs.Pause(ctx, q.Queue, paused)
	})
	return called, err
}

func (d atStore) Topics(ctx context.Context) (out control.Topics, err error) {
	err = d.messages(ctx, true, func(m messages) error {
		out, err = control.TopicsOf(ctx, m.topics)
		return err
	})
	return out, err
}
