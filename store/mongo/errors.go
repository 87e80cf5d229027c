package mongo

import (
	"context"
	"errors"
	"fmt"

	driver "go.mongodb.org/mongo-driver/v2/mongo"

	"collector/state"
)

var (
	errClosed  = errors.New("the store is closed")
	errReading = fmt.Errorf("%w: it was opened for reading alone", state.ErrUnavailable)
)

// wrap says what was being done and, where the server could not be written for an
// outer reason, that it may be tried again later.
func wrap(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled), errors.Is(err, state.ErrUnavailable):
		return fmt.Errorf("%s: %w", doing, err)
	case unwritable(err):
		return fmt.Errorf("%s: %w: %w; look at the MongoDB servers, then collecting goes on by itself", doing, state.ErrUnavailable, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// Failed is an error of another collection of Database, told as those of the store are:
// as state.ErrUnavailable where it may be tried again later.
func (s *Store) Failed(doing string, err error) error { return wrap(doing, err) }

// Codes of the server, of its error_codes.yml.
const (
	codeTooLarge           = 332    // TransactionTooLargeForCache
	codeTooLargeForStorage = -31800 // the same, as some servers tell it
	codeOutOfDisk          = 14031
	codeNotPrimary         = 10107
	codeInterrupted        = 11601 // somebody ended the session
	codeNoTransaction      = 251
	codeReplState          = 11602 // InterruptedDueToReplStateChange
	codeShutdown           = 91
	codePrimaryDown        = 189 // PrimarySteppedDown
	codeNotMaster          = 13435
	codeRecovering         = 13436
	codeShuttingDown       = 11600
)

// unwritable says that nobody can write at the moment: no primary, no network, no
// room.
func unwritable(err error) bool {
	unsent, ok := errors.AsType[interface {
		error
		Retryable() bool
	}](err) // a connection was closed before anything was sent
	return ambiguous(err) || is(err, codeOutOfDisk, codeInterrupted) || ok && unsent.Retryable()
}

func is(err error, codes ...int) bool {
	se := driver.ServerError(nil)
	if !errors.As(err, &se) {
		return false
	}
	for _, c := range codes {
		if se.HasErrorCode(c) {
			return true
		}
	}
	return false
}

// ambiguous says that an answer did not come: what was asked for may have been
// done or not.
func ambiguous(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) {
		return false
	}
	labelled := driver.LabeledError(nil)
	if errors.As(err, &labelled) && (labelled.HasErrorLabel("RetryableWriteError") || labelled.HasErrorLabel("UnknownTransactionCommitResult")) {
		return true
	}
	return driver.IsNetworkError(err) || driver.IsTimeout(err) ||
		is(err, codeNotPrimary, codeReplState, codeShutdown, codePrimaryDown, codeNotMaster, codeRecovering, codeShuttingDown)
}
