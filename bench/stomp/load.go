package stomp

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"collector/broker/stomp/frame"
	"collector/broker/stomp/stomptest"
)

const (
	size     = 100      // bytes of a body
	inHand   = 100      // messages that the consumer may have in its hands
	window   = 100      // receipts that may be open at once
	gathered = 32 << 10 // bytes that the producer writes at once, about
)

// errOther says that a figure would not come from the work that it is about.
var errOther = errors.New("not what was sent")

// load is what one producer sends to one consumer through a queue.
type load struct {
	messages   int
	persistent bool
	receipts   bool
	login      []string // headers of CONNECT
}

// run sends and receives all of it, and returns how long that took, up to the receipt for
// the last acknowledgement. Each message must come once and in order.
func (l load) run(ctx context.Context, address, queue string) (time.Duration, error) {
	group, ctx := errgroup.WithContext(ctx)
	consumer, err := stomptest.Dial(ctx, address, l.login...)
	if err != nil {
		return 0, err
	}
	defer consumer.Close()
	producer, err := stomptest.Dial(ctx, address, l.login...)
	if err != nil {
		return 0, err
	}
	defer producer.Close()
	if err := consumer.Say(fmt.Sprintf("SUBSCRIBE\nid:1\ndestination:%s\nack:client-individual\nprefetch-count:%d\nreceipt:subscribed\n%s\n^", queue, inHand, l.kept())); err != nil {
		return 0, err
	}
	if _, err := consumer.Want(frame.Receipt); err != nil {
		return 0, fmt.Errorf("subscribing: %w", err)
	}
	began := time.Now()
	group.Go(func() error { return l.consume(consumer) })
	group.Go(func() error { return l.produce(producer, queue) })
	if err := group.Wait(); err != nil {
		return 0, err
	}
	return time.Since(began), nil
}

// kept are the headers that say how safely a message is kept. RabbitMQ makes the queue by
// them, so they stand in SUBSCRIBE as in SEND.
func (l load) kept() string {
	if l.persistent {
		return "persistent:true\n"
	}
	return "persistent:false\ndurable:false\nauto-delete:false\nexclusive:false\n"
}

// produce sends, and waits for the receipts that it asked for.
func (l load) produce(p *stomptest.Client, queue string) error {
	var batch []byte
	open := 0
	for sent := 0; sent < l.messages || open > 0; {
		for sent < l.messages && len(batch) < gathered && (!l.receipts || open < window) {
			batch = append(batch, "SEND\ndestination:"+queue+"\n"+l.kept()...)
			if l.receipts {
				batch = append(batch, "receipt:"+strconv.Itoa(sent)+"\n"...)
				open++
			}
			batch = append(batch, "content-length:"+strconv.Itoa(size)+"\n\n"+body(sent)+"\x00"...)
			sent++
		}
		if _, err := p.Write(batch); err != nil {
			return fmt.Errorf("sending: %w", err)
		}
		batch = batch[:0]
		if open == 0 {
			continue
		}
		n, err := receipts(p)
		if err != nil {
			return fmt.Errorf("waiting for receipts: %w", err)
		}
		open -= n
	}
	return nil
}

// receipts waits for some, and returns how many came.
func receipts(p *stomptest.Client) (int, error) {
	for n := 0; ; {
		f, err := p.Take()
		switch {
		case err != nil:
			return n, err
		case f == nil && n > 0:
			return n, nil
		case f == nil:
			if err := p.Fill(); err != nil {
				return 0, err
			}
		case f.Command != frame.Receipt:
			return n, fmt.Errorf("%w: %s", errOther, f.Command)
		default:
			n++
		}
	}
}

// consume takes all messages and acknowledges each; the last one with a receipt, for which it
// waits. What one read brought is acknowledged together before the next one, whatever of a
// frame has come behind it.
func (l load) consume(c *stomptest.Client) error {
	var acks []byte
	for n := 0; ; {
		f, err := c.Take()
		switch {
		case err != nil:
			return fmt.Errorf("receiving after %d messages: %w", n, err)
		case f == nil:
			if _, err := c.Write(acks); err != nil {
				return fmt.Errorf("acknowledging: %w", err)
			}
			acks = acks[:0]
			if err := c.Fill(); err != nil {
				return fmt.Errorf("receiving after %d messages: %w", n, err)
			}
		case f.Command == frame.Receipt && n == l.messages:
			return nil
		case f.Command != frame.Message || n == l.messages || string(f.Body) != body(n):
			return fmt.Errorf("%w: %s %.20q after %d messages", errOther, f.Command, f.Body, n)
		default:
			n++
			acks = append(acks, "ACK\nid:"+f.Value("ack")+"\n"...)
			if n == l.messages {
				acks = append(acks, "receipt:last\n"...)
			}
			acks = append(acks, "\n\x00"...)
		}
	}
}

// body is that of the n-th message, from 0.
func body(n int) string {
	s := strconv.Itoa(n)
	return s + strings.Repeat(".", size-len(s))
}
