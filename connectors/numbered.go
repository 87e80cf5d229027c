package connectors

import (
	"fmt"

	"collector/fault"
)

// Numbered is a page of a list that is read by page numbers. Its size is part of
// the place: pages of another size begin elsewhere.
type Numbered struct {
	Page  int // from 1
	Size  int // objects of a full page
	Total int // how long the list was said to be when the page before was read; 0 unknown
}

// PageOf reads the cursor of q. At the start of a walk it is the first page, of
// the size that the walk has, at most Info.PageSize. A cursor that Numbered does
// not make is a Bug error: the walk then begins again.
func PageOf(info Info, q Query) (Numbered, error) {
	p := Numbered{Page: 1, Size: q.PageSize}
	if p.Size < 1 || p.Size > info.PageSize {
		p.Size = info.PageSize
	}
	if q.Cursor == "" {
		return p, nil
	}
	n, _ := fmt.Sscanf(string(q.Cursor), "%d:%d:%d", &p.Page, &p.Size, &p.Total) // what is missing is seen below
	if n < 2 || p.Page < 1 || p.Size < 1 || p.Size > info.PageSize || p.Total < 0 || p.Cursor() != q.Cursor {
		return Numbered{}, fault.New(fault.Bug, "%s: the stored cursor is not one of this connector's", info.Name)
	}
	return p, nil
}

// Cursor is the page as text: "3:50", or "3:50:121" where the length is known.
func (p Numbered) Cursor() Cursor {
	if p.Total == 0 {
		return Cursor(fmt.Sprintf("%d:%d", p.Page, p.Size))
	}
	return Cursor(fmt.Sprintf("%d:%d:%d", p.Page, p.Size, p.Total))
}

// Next is the page after p in a list of a length, 0 where it is not known.
func (p Numbered) Next(total int) Cursor {
	return Numbered{Page: p.Page + 1, Size: p.Size, Total: max(0, total)}.Cursor()
}
