package control

import (
	"context"
	"errors"
	"testing"
	"time"

	"collector/store/memory"
)

// TestASoundEndsWithWhoHearsIt: once its context has ended nothing more is written, so
// nothing more is made.
func TestASoundEndsWithWhoHearsIt(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	p := &Panel{Store: memory.New()}
	sound, err := p.Sound(t.Context(), Sounding{Since: time.Hour, Length: 10 * time.Minute}, now)
	if err != nil {
		t.Fatal(err)
	}
	gone := errors.New("whoever heard it is gone")
	ctx, end := context.WithCancelCause(t.Context())
	defer end(nil)
	pieces := 0
	_, err = sound.Write(ctx, writing(func(p []byte) (int, error) {
		if pieces++; pieces == 3 {
			end(gone)
		}
		return len(p), nil
	}))
	if !errors.Is(err, gone) || pieces != 3 {
		t.Errorf("%d pieces were written, %v", pieces, err)
	}
}
