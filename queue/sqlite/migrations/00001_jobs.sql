-- +goose Up
-- Times are milliseconds since 1970-01-01 UTC; 0 is none.
CREATE TABLE queue_jobs (
	n INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	queue TEXT NOT NULL,
	kind TEXT NOT NULL,
	data BLOB NOT NULL,
	priority INTEGER NOT NULL,
	due INTEGER NOT NULL,
	max_attempts INTEGER NOT NULL,
	keep INTEGER NOT NULL, -- milliseconds
	state TEXT NOT NULL,
	added INTEGER NOT NULL,
	attempts INTEGER NOT NULL DEFAULT 0,
	deliveries INTEGER NOT NULL DEFAULT 0,
	owner TEXT NOT NULL DEFAULT '',
	token TEXT NOT NULL DEFAULT '',
	until INTEGER NOT NULL DEFAULT 0, -- of the lease; of what is done: until when it is kept
	started INTEGER NOT NULL DEFAULT 0,
	last_error TEXT NOT NULL DEFAULT '',
	finished INTEGER NOT NULL DEFAULT 0
);

-- One small index for each question that is asked all the time.
CREATE INDEX queue_jobs_ready ON queue_jobs (queue, priority DESC, due, id, kind) WHERE state = 'ready';
CREATE INDEX queue_jobs_scheduled ON queue_jobs (queue, due) WHERE state = 'scheduled';
CREATE INDEX queue_jobs_running ON queue_jobs (until) WHERE state = 'running';
CREATE INDEX queue_jobs_done ON queue_jobs (until) WHERE state = 'done';
CREATE INDEX queue_jobs_dead ON queue_jobs (id) WHERE state = 'dead';

-- Counts are kept as jobs change, in the same transaction.
CREATE TABLE queue_counts (
	queue TEXT PRIMARY KEY,
	paused INTEGER NOT NULL DEFAULT 0,
	scheduled INTEGER NOT NULL DEFAULT 0,
	ready INTEGER NOT NULL DEFAULT 0,
	running INTEGER NOT NULL DEFAULT 0,
	dead INTEGER NOT NULL DEFAULT 0,
	done INTEGER NOT NULL DEFAULT 0,
	added INTEGER NOT NULL DEFAULT 0,
	completed INTEGER NOT NULL DEFAULT 0,
	retried INTEGER NOT NULL DEFAULT 0,
	buried INTEGER NOT NULL DEFAULT 0,
	rescued INTEGER NOT NULL DEFAULT 0,
	requeued INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
