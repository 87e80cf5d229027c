package upkeep

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"collector/store"
)

const (
	// watched is the name of the value which says since when it is noted who uses what was
	// collected. It is not set where nothing is ever cleaned: then nothing is noted.
	watched = "upkeep watch"
	// seenEvery is how long a user who was noted need not be noted again.
	seenEvery = time.Hour
	// Break is how long the watch may pause. After more nobody knows who was there
	// meanwhile, so it begins anew: when cleaning was off, no collector ran, an older backup
	// was restored, or the clock has leapt.
	Break = 7 * 24 * time.Hour
)

// watch is since when it has been noted without a break who uses the store.
type watch struct {
	Since time.Time `json:"since"`
	Last  time.Time `json:"last"` // when a turn of cleaning last looked
}

// readWatch is zero where nobody watches.
func readWatch(ctx context.Context, st store.Store) (w watch, err error) {
	text, err := st.Meta(ctx, watched)
	if err != nil || text == "" {
		return w, err
	}
	if err := json.Unmarshal([]byte(text), &w); err != nil {
		return w, fmt.Errorf("reading since when it is noted who uses the store: %w", err)
	}
	return w, nil
}

// at is the watch as it counts at now: anew after a break.
func (w watch) at(now time.Time) watch {
	if gap := now.Sub(w.Last); w.Since.IsZero() || gap > Break || gap < -Break {
		w.Since = now
	}
	w.Last = now
	return w
}

func (w watch) write(ctx context.Context, st store.Store) error {
	text, err := json.Marshal(w)
	if err != nil {
		return fmt.Errorf("writing since when it is noted who uses the store: %w", err)
	}
	return st.SetMeta(ctx, watched, string(text))
}

// seenKey names when a user was last there. It does not hold the user's name, so that
// nothing of it is left when the user is purged.
func seenKey(user string) string {
	sum := sha256.Sum256([]byte(user))
	return "seen " + hex.EncodeToString(sum[:16])
}

// Seen is when it was last noted that a user was there; zero where it never was.
func Seen(ctx context.Context, st store.Store, user string) (time.Time, error) {
	text, err := st.Meta(ctx, seenKey(user))
	if err != nil || text == "" {
		return time.Time{}, err
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, fmt.Errorf("reading when a user was last there: %w", err)
	}
	return at, nil
}

// Unnoted says whether Note would write: whether somebody watches, and this user was
// not noted within the hour.
func Unnoted(ctx context.Context, st store.Store, user string, now time.Time) (bool, error) {
	w, err := readWatch(ctx, st)
	if err != nil || w.Since.IsZero() {
		return false, err
	}
	last, err := Seen(ctx, st, user)
	return now.Sub(last).Abs() >= seenEvery, err
}

// Note notes that a user is there at now. It writes nothing unless Unnoted.
func Note(ctx context.Context, st store.Store, user string, now time.Time) error {
	due, err := Unnoted(ctx, st, user, now)
	if err != nil || !due {
		return err
	}
	return st.SetMeta(ctx, seenKey(user), now.UTC().Format(time.RFC3339))
}

// Forget removes what was noted of a user.
func Forget(ctx context.Context, st store.Store, user string) error {
	text, err := st.Meta(ctx, seenKey(user))
	if text != "" {
		err = errors.Join(err, st.SetMeta(ctx, seenKey(user), ""))
	}
	return err
}
