package remote

import (
	"context"
	"strconv"

	"collector/control"
)

// Queues are the queues of messages.
func (c *Client) Queues(ctx context.Context) ([]control.Queue, error) {
	var out struct{ Queues []control.Queue }
	err := c.get(ctx, "queues", nil, &out)
	return out.Queues, err
}

// Peek shows messages of a queue.
func (c *Client) Peek(ctx context.Context, queue, state string, newest, content bool, n int) (list []control.Message, more bool, err error) {
	var out struct {
		Messages []control.Message
		More     bool
	}
	err = c.get(ctx, "queues/peek", asked("queue", queue, "state", state, "newest", word(newest, "true"), "content", word(content, "true"), "limit", strconv.Itoa(n)), &out)
	return out.Messages, out.More, err
}

func chosenMessages(ch control.MessageChoice) changed {
	return changed{Queue: ch.Queue, Message: ch.Message, All: ch.Message == "", State: ch.State, Error: ch.Error, Older: older(ch.Older)}
}

// RequeueMessages is control.RequeueMessages.
func (c *Client) RequeueMessages(ctx context.Context, ch control.MessageChoice) (int, error) {
	return c.change(ctx, "queues/requeue", chosenMessages(ch))
}

// RemoveMessages is control.RemoveMessages.
func (c *Client) RemoveMessages(ctx context.Context, ch control.MessageChoice) (int, error) {
	return c.change(ctx, "queues/remove", chosenMessages(ch))
}

// PauseQueue hands out nothing of a queue, or its messages again, and returns its name.
func (c *Client) PauseQueue(ctx context.Context, queue string, paused bool) (string, error) {
	path := "queues/resume"
	if paused {
		path = "queues/pause"
	}
	var out struct{ Queue string }
	err := c.post(ctx, path, changed{Queue: queue}, &out)
	return out.Queue, err
}

// Topics is control.TopicsOf.
func (c *Client) Topics(ctx context.Context) (out control.Topics, err error) {
	err = c.get(ctx, "topics", nil, &out)
	return out, err
}
