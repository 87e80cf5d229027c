package gitlab

import (
	"fmt"

	"collector/connectors"
	"collector/fault"
)

// after is a place in the list: behind a project's number, 0 at the start. The size
// of the pages is part of it, for by it is known whether a page is full.
type after struct {
	After int64
	Size  int
}

// place reads the cursor of q. One that was not made here is a Bug error: the walk
// then begins again.
func place(info connectors.Info, q connectors.Query) (after, error) {
	at := after{Size: q.PageSize}
	if at.Size < 1 || at.Size > info.PageSize {
		at.Size = info.PageSize
	}
	if q.Cursor == "" {
		return at, nil
	}
	n, _ := fmt.Sscanf(string(q.Cursor), "after:%d:%d", &at.After, &at.Size) // what is missing is seen below
	if n < 2 || at.After < 1 || at.Size < 1 || at.Size > info.PageSize || at.cursor() != q.Cursor {
		return after{}, fault.New(fault.Bug, "gitlab: the stored cursor is not one of this connector's")
	}
	return at, nil
}

// cursor is the place as text: "after:4711:100".
func (a after) cursor() connectors.Cursor {
	return connectors.Cursor(fmt.Sprintf("after:%d:%d", a.After, a.Size))
}
