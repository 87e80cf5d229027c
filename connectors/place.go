package connectors

import (
	"fmt"
	"strings"

	"collector/fault"
)

// Place is where a walk is in a list of numbered pages that comes newest like first
// and in no other order: what lies before From, counted from the newest like, is read.
// A like that is taken back in front of it moves the others up, and one of them in
// front of it. Each reply says how many likes there are; where that has become fewer,
// the walk goes back by as many, since more cannot have moved (Onward).
//
// As a cursor it is "From/Total/Size/Step", with "/Lost" where that is not 0, and ""
// where a walk begins.
type Place struct {
	From  int // how many likes are read
	Total int // how many there were when the place was named
	Size  int // of a page, as the service really gives it; 0 where a walk begins
	Step  int // how many pages were read, so that no two places are alike
	Lost  int // how many pages, the one of From first, are not there any more (Before)
}

const (
	placeForm = "%d/%d/%d/%d"
	lostForm  = placeForm + "/%d"
)

// PlaceOf reads the cursor of q. One that is no place is a fault.Bug.
func PlaceOf(info Info, q Query) (Place, error) {
	var p Place
	if q.Cursor == "" {
		return p, nil
	}
	form, into := placeForm, []any{&p.From, &p.Total, &p.Size, &p.Step}
	if strings.Count(string(q.Cursor), "/") == len(into) {
		form, into = lostForm, append(into, &p.Lost)
	}
	n, err := fmt.Sscanf(string(q.Cursor), form, into...)
	if err != nil || n != len(into) || p.cursor() != q.Cursor || p.From < 0 || p.Total < 0 || p.Size < 1 || p.Step < 1 || p.Lost < 0 || p.Page() < 1 {
		return Place{}, fault.New(fault.Bug, "%s: the stored cursor is no place in a list", info.Name)
	}
	return p, nil
}

func (p Place) cursor() Cursor {
	if p.Lost != 0 {
		return Cursor(fmt.Sprintf(lostForm, p.From, p.Total, p.Size, p.Step, p.Lost))
	}
	return Cursor(fmt.Sprintf(placeForm, p.From, p.Total, p.Size, p.Step))
}

// Page is the number, from 1, of the page to ask for: that of the place, or the last
// one before it that may still be there.
func (p Place) Page() int {
	if p.Size == 0 {
		return 1
	}
	return p.From/p.Size + 1 - p.Lost
}

// Asked is how many likes to ask for: as many as the service gave before, at first
// q.PageSize, at most info.PageSize.
func (p Place) Asked(info Info, q Query) int {
	size := p.Size
	if size == 0 {
		size = q.PageSize
	}
	if size < 1 || size > info.PageSize {
		size = info.PageSize
	}
	return size
}

// Onward names the place after this one, as page.Next, by what the reply says: how
// many likes a page has and how many there are. Where likes were taken back it leaves
// the page (page has no items then) until what may have moved in front of it is
// read: a poll that saw how old the page is would end there. more says that the reply
// itself names a page after it; a place behind the total is followed only then, once.
// Where pages were lost although no like was taken back the list is not what its length
// says, and the walk ends in doubt.
func (p Place) Onward(page *Page, size, total int, more bool) {
	if p.Lost > 0 && p.fewer(total) == 0 {
		page.Items, page.Bad = nil, nil // which were read
		page.Doubt = fmt.Sprintf("the list ended after %d likes or fewer, and is said to have %d", p.From, total)
		return
	}
	start := (p.Page() - 1) * size
	next := Place{From: start + size, Total: total, Size: size, Step: p.Step + 1}
	if moved := p.fewer(total); moved > 0 {
		page.Items, page.Bad, next.From = nil, nil, p.From-moved
	} else if len(page.Items)+len(page.Bad) >= min(size, total-start) { // the page is whole, so its likes can be counted
		read := max(0, p.From-start-len(page.Bad)) // those before the place are stored
		page.Items = page.Items[min(read, len(page.Items)):]
	}
	if next.From < total || more && p.From < total {
		page.Next = next.cursor()
	}
}

// Before names the page in front, as page.Next, where the service says that the page is
// not there any more: what it says of the length of the list tells how far to go back.
// A first page that is not there is Malformed.
func (p Place) Before(page *Page) error {
	if p.Page() <= 1 {
		return fault.New(fault.Malformed, "the service says that its list has no first page")
	}
	next := p
	next.Step, next.Lost = p.Step+1, p.Lost+1
	page.Next = next.cursor()
	return nil
}

// fewer is how many likes less than when the place was named there are, of total
// now. So many at most have moved from behind it to before it: new ones move the
// others the other way.
func (p Place) fewer(total int) int {
	if p.Size == 0 {
		return 0
	}
	return min(p.From, max(0, p.Total-total))
}
