package store

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
)

// How many items a page of a search has: PageDefault where Query.Limit is 0,
// PageMost at most.
const (
	PageDefault = 50
	PageMost    = 1000
)

// Place is where a page of a search ended, in a store that keeps times by the
// millisecond: the next page begins after it. Its text is the mark in Result.Next
// and Query.After.
type Place struct {
	Score   *int   `json:"s,omitempty"` // of a ranked search
	Liked   int64  `json:"l"`           // milliseconds since 1970
	Network string `json:"n"`
	Item    string `json:"i"`
}

// String returns the mark of a place.
func (p Place) String() string {
	b, err := json.Marshal(p)
	if err != nil {
		return "" // two strings and two numbers can always be written
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// ReadPlace reads a mark, nil for "". The error wraps ErrMark: no search gave it.
func ReadPlace(mark string) (*Place, error) {
	if mark == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(mark)
	var p Place
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil {
		return nil, fmt.Errorf("the page mark %q: %w", mark, ErrMark)
	}
	return &p, nil
}

// ErrMark says that a search cannot go on from a mark. ErrOrder, which wraps it, says that
// the mark is of a ranked search and the search is not.
var (
	ErrMark  = errors.New("this is not where a page of this search ended: search again from the first page")
	ErrOrder = fmt.Errorf("%w: it is of a search for the best answers first", ErrMark)
)
