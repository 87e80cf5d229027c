package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"collector/broker"
)

// looked is how many messages Forget looks at in one transaction.
const looked = 500

// Forget is broker.Log.Forget.
func (l *Log) Forget(ctx context.Context, chosen func(broker.Message) bool) (int, error) {
	n := 0
	for from := int64(1); ; {
		oldest, next, err := l.Bounds(ctx)
		if err != nil || max(from, oldest) >= next {
			return n, err
		}
		from = max(from, oldest)
		err = l.write(ctx, func(c *sql.Conn) error {
			blanked, err := forget(context.Background(), c, from, chosen)
			n += blanked
			return err
		})
		if err != nil {
			return n, fmt.Errorf("forgetting messages of topics: %w", err)
		}
		from += looked
	}
}

// forget blanks the chosen ones of so many positions.
func forget(ctx context.Context, c *sql.Conn, from int64, chosen func(broker.Message) bool) (int, error) {
	rows, err := c.QueryContext(ctx, "SELECT position, topic, id, data FROM topic_messages WHERE position >= ? AND position < ?", from, from+looked)
	if err != nil {
		return 0, err
	}
	ms, err := messagesOf(rows)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, m := range ms {
		if !chosen(m) {
			continue
		}
		b := broker.Blank(m)
		topic := fmt.Sprintf("%s %d", b.Destination, m.Position) // unlike others: two blanks may have one topic and id
		if _, err := c.ExecContext(ctx, "UPDATE topic_messages SET topic = ?, data = ? WHERE position = ?", topic, broker.Encode(b), m.Position); err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}
