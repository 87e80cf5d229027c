package publish

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"collector/store"
)

// Values are the named values of a store.
type Values interface {
	Meta(ctx context.Context, key string) (string, error)
	SetMeta(ctx context.Context, key, value string) error
}

// Move takes along how far was published. Nobody works on either store. log is the log of
// changes of the source, and that of the target begins behind the number begin: where all
// changes were published it goes on there, else subscribers are told that something is
// missing. Without it the target would begin at its newest change, and say nothing.
func Move(ctx context.Context, from, to Values, log store.Items, begin int64) error {
	text, err := from.Meta(ctx, place)
	if err != nil || text == "" {
		return err
	}
	since, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return fmt.Errorf("reading how far was published: %w", err)
	}
	left, err := log.Changes(ctx, "", since, 1)
	switch {
	case errors.Is(err, store.ErrGone):
	case err != nil:
		return err
	case len(left) == 0:
		since = begin
	}
	if err := to.SetMeta(ctx, place, strconv.FormatInt(since, 10)); err != nil {
		return fmt.Errorf("noting how far was published: %w", err)
	}
	return nil
}
