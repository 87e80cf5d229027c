package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// Values keeps named values of an installation: a store.Store does.
type Values interface {
	Meta(ctx context.Context, key string) (string, error)
	SetMeta(ctx context.Context, key, value string) error
}

// Names of the values in which earlier versions kept all endpoints, and what the daemon
// knew of each.
const listed = "webhooks"

func placeKey(id string) string  { return "webhook/" + id + "/place" }
func healthKey(id string) string { return "webhook/" + id + "/health" }

// Left says whether an earlier version has left endpoints in named values.
func Left(ctx context.Context, v Values) (bool, error) {
	text, err := v.Meta(ctx, listed)
	return text != "", err
}

// Adopt takes the endpoints that an earlier version kept in named values into st, once, with
// their places. It may be cut off and called again, also by several processes at once: an
// endpoint that is there, or was removed since, stays as it is. The values go when all are
// taken.
func Adopt(ctx context.Context, v Values, st Store) error {
	var all []Endpoint
	if err := value(ctx, v, listed, &all); err != nil {
		return err
	}
	for _, e := range all {
		r := Record{Endpoint: e}
		if err := errors.Join(value(ctx, v, placeKey(e.ID), &r.Place), value(ctx, v, healthKey(e.ID), &r.Health)); err != nil {
			return err
		}
		if _, err := st.Put(ctx, r); err != nil && !errors.Is(err, ErrChanged) {
			return fmt.Errorf("taking over webhook %s of an earlier version: %w", e.ID, err)
		}
	}
	for _, e := range all {
		if err := errors.Join(v.SetMeta(ctx, placeKey(e.ID), ""), v.SetMeta(ctx, healthKey(e.ID), "")); err != nil {
			return fmt.Errorf("clearing what an earlier version kept of webhook %s: %w", e.ID, err)
		}
	}
	if len(all) == 0 {
		return nil
	}
	if err := v.SetMeta(ctx, listed, ""); err != nil {
		return fmt.Errorf("clearing the webhooks of an earlier version: %w", err)
	}
	return nil
}

// value reads a named value; what is not set leaves into as it is.
func value(ctx context.Context, v Values, key string, into any) error {
	text, err := v.Meta(ctx, key)
	if err != nil || text == "" {
		return err
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		return fmt.Errorf("reading the webhooks of an earlier version, %q: %w; restore a backup, or go on with the earlier version", key, err)
	}
	return nil
}
