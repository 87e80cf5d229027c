package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Values keeps named values of an installation: a store.Store does.
type Values interface {
	Meta(ctx context.Context, key string) (string, error)
	SetMeta(ctx context.Context, key, value string) error
}

// listed is the name of the value that holds the endpoints.
const listed = "webhooks"

// ErrUnknown says that there is no such endpoint.
var ErrUnknown = errors.New("there is no such webhook")

// Book is the list of endpoints. It is one value, so that it goes wherever the store
// goes: of two changes at the same moment by two processes the later one stands.
type Book struct{ Values Values }

// List returns all endpoints, in the order of their making.
func (b Book) List(ctx context.Context) ([]Endpoint, error) {
	text, err := b.Values.Meta(ctx, listed)
	if err != nil {
		return nil, fmt.Errorf("reading the webhooks: %w", err)
	}
	var out []Endpoint
	if text == "" {
		return nil, nil
	}
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		return nil, fmt.Errorf("reading the webhooks: %w", err)
	}
	return out, nil
}

// Get returns one endpoint, or ErrUnknown.
func (b Book) Get(ctx context.Context, id string) (Endpoint, error) {
	all, err := b.List(ctx)
	if err != nil {
		return Endpoint{}, err
	}
	if i := at(all, id); i >= 0 {
		return all[i], nil
	}
	return Endpoint{}, fmt.Errorf("%w: %s", ErrUnknown, id)
}

// Put adds an endpoint, or replaces the one with its id.
func (b Book) Put(ctx context.Context, e Endpoint) error {
	all, err := b.List(ctx)
	if err != nil {
		return err
	}
	if i := at(all, e.ID); i >= 0 {
		all[i] = e
	} else {
		all = append(all, e)
	}
	return b.write(ctx, all)
}

// Remove removes an endpoint, or returns ErrUnknown.
func (b Book) Remove(ctx context.Context, id string) error {
	all, err := b.List(ctx)
	if err != nil {
		return err
	}
	i := at(all, id)
	if i < 0 {
		return fmt.Errorf("%w: %s", ErrUnknown, id)
	}
	if err := b.write(ctx, slices.Delete(all, i, i+1)); err != nil {
		return err
	}
	return errors.Join(b.Values.SetMeta(ctx, placeKey(id), ""), b.Values.SetMeta(ctx, healthKey(id), ""))
}

func (b Book) write(ctx context.Context, all []Endpoint) error {
	text, err := json.Marshal(all)
	if err != nil {
		return fmt.Errorf("writing the webhooks: %w", err)
	}
	if err := b.Values.SetMeta(ctx, listed, string(text)); err != nil {
		return fmt.Errorf("writing the webhooks: %w", err)
	}
	return nil
}

func at(all []Endpoint, id string) int {
	return slices.IndexFunc(all, func(e Endpoint) bool { return e.ID == id })
}
