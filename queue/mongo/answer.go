package mongo

import (
	"context"
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
)

// Codes with which a server says that it is not the primary, or is about to end:
// what it was asked for may have been done or not
// (https://github.com/mongodb/specifications/blob/master/source/retryable-writes/retryable-writes.md).
var notPrimary = []int{
	91,    // ShutdownInProgress
	189,   // PrimarySteppedDown
	10107, // NotWritablePrimary
	11600, // InterruptedAtShutdown
	11602, // InterruptedDueToReplStateChange
	13435, // NotPrimaryNoSecondaryOk
	13436, // NotPrimaryOrSecondary
}

// lost says that an answer did not come: what was asked for may have been done or
// not, so the documents are to be asked.
func lost(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) {
		return false
	}
	if driver.IsNetworkError(err) || driver.IsTimeout(err) || errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	if labelled := driver.LabeledError(nil); errors.As(err, &labelled) && labelled.HasErrorLabel("RetryableWriteError") {
		return true
	}
	return coded(err, notPrimary...)
}

// coded says whether the server refused something with one of these codes.
func coded(err error, codes ...int) bool {
	refused := driver.ServerError(nil)
	if !errors.As(err, &refused) {
		return false
	}
	for _, code := range codes {
		if refused.HasErrorCode(code) {
			return true
		}
	}
	return false
}

// all reads what a cursor has.
func all[T any](ctx context.Context, c *driver.Cursor, err error) (out []T, _ error) {
	if err != nil {
		return nil, err
	}
	return out, c.All(ctx, &out)
}

// is is a filter or an expression of one field.
func is(field string, value any) bson.D { return bson.D{{Key: field, Value: value}} }
