package main

import (
	"context"
	"errors"

	"collector/control"
	"collector/queue"
	"collector/store"
)

// deskOfJobs is the part of a desk that is about the collector's own jobs, and who works.
type deskOfJobs interface {
	Jobs(ctx context.Context, ch control.JobChoice, n int, newest bool, fn func(control.Job) error) (more bool, err error)
	Job(ctx context.Context, id string, content bool) (control.Job, error)
	JobCounts(ctx context.Context) ([]control.Queue, error)
	RetryJobs(ctx context.Context, id string, ch control.JobChoice) (int, error)  // one, or with "" those that are chosen
	RemoveJobs(ctx context.Context, id string, ch control.JobChoice) (int, error) // likewise
	Workers(ctx context.Context) ([]control.Worker, error)
	AskInstance(ctx context.Context, id string, w store.Wish) (control.Asked, error)
}

// jobs runs fn over all jobs of the collector's own.
func (d atStore) jobs(ctx context.Context, reading bool, fn func([]queue.Store) error) error {
	all, closing, err := d.a.allJobs(ctx, d.st, reading)
	if err != nil {
		return err
	}
	return errors.Join(fn(all), closing())
}

func (d atStore) Jobs(ctx context.Context, ch control.JobChoice, n int, newest bool, fn func(control.Job) error) (more bool, err error) {
	err = d.jobs(ctx, true, func(all []queue.Store) error {
		f, err := ch.Filter(ctx, all, d.a.now())
		if err != nil {
			return err
		}
		more, err = control.EachJob(ctx, all, f, n, newest, func(j queue.Job) error { return fn(control.JobOf(j, false)) })
		return err
	})
	return more, err
}

func (d atStore) Job(ctx context.Context, id string, content bool) (out control.Job, err error) {
	err = d.jobs(ctx, true, func(all []queue.Store) error {
		_, j, err := control.JobCalled(ctx, all, id)
		out = control.JobOf(j, content)
		return err
	})
	return out, err
}

func (d atStore) JobCounts(ctx context.Context) (out []control.Queue, err error) {
	err = d.jobs(ctx, true, func(all []queue.Store) error {
		stats, err := control.JobStats(ctx, all)
		out = control.QueuesOf(stats)
		return err
	})
	return out, err
}

func (d atStore) RetryJobs(ctx context.Context, id string, ch control.JobChoice) (n int, err error) {
	err = d.jobs(ctx, false, func(all []queue.Store) error {
		if id != "" {
			n = 1
			return control.RetryJob(ctx, all, d.a.now(), id)
		}
		n, err = control.RetryJobs(ctx, all, d.a.now(), ch)
		return err
	})
	return n, err
}

func (d atStore) RemoveJobs(ctx context.Context, id string, ch control.JobChoice) (n int, err error) {
	err = d.jobs(ctx, false, func(all []queue.Store) error {
		if id != "" {
			jobs, j, err := control.JobCalled(ctx, all, id)
			if err != nil {
				return err
			}
			n = 1
			return control.RemoveJob(ctx, jobs, j.ID)
		}
		now := d.a.now()
		f, err := ch.Filter(ctx, all, now)
		if err != nil {
			return err
		}
		n, err = control.RemoveJobs(ctx, all, now, f)
		return err
	})
	return n, err
}

func (d atStore) Workers(ctx context.Context) (out []control.Worker, err error) {
	err = d.jobs(ctx, true, func(all []queue.Store) error {
		out, err = control.Workers(ctx, d.st, all, d.a.now())
		return err
	})
	return out, err
}

func (d atStore) AskInstance(ctx context.Context, id string, w store.Wish) (control.Asked, error) {
	return d.panel().AskInstance(ctx, id, w, d.a.now())
}
