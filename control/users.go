package control

import (
	"time"

	"collector/control/words"
	"collector/upkeep"
)

// PurgedUser is what was deleted of a user.
type PurgedUser struct {
	Deleted Deleted        `json:"deleted"`
	Grants  int            `json:"grants"` // tokens, feeds and sessions that are void now
	Purged  PurgedMessages `json:"messages"`
	Running []string       `json:"running" nullable:"false"` // ids of exports that run, and end by themselves
	Copies  []string       `json:"copies" nullable:"false"`  // what may still hold what was purged, in sentences
}

// Cleaning says who is inactive and who will be, and what was done about it.
type Cleaning struct {
	At       time.Time  `json:"at"`
	Since    *time.Time `json:"since"`    // since when it is noted who is there; null: it is not
	Inactive int        `json:"inactive"` // so many of the users, which are the first
	Users    []Idle     `json:"users" nullable:"false"`
	Cleaned  Cleaned    `json:"cleaned"`
}

// Cleaned counts whose collecting was ended.
type Cleaned struct {
	Users    int `json:"users"`
	Networks int `json:"networks"`
}

// Idle is one user as `users clean --dry-run --json` prints it.
type Idle struct {
	User     string     `json:"user"`
	Inactive bool       `json:"inactive"`
	Seen     *time.Time `json:"seen"`
	Sign     string     `json:"sign"`          // what the last sign was
	Due      *time.Time `json:"inactive_from"` // null while something else uses it
	Networks []string   `json:"networks" nullable:"false"`
}

// CleaningOf is a report for people.
func CleaningOf(r upkeep.Report) Cleaning {
	out := Cleaning{At: r.At, Since: words.Stamp(r.Since), Inactive: len(r.Inactive()), Users: []Idle{}}
	for i, u := range r.Users {
		v := Idle{User: u.Name, Inactive: i < out.Inactive, Seen: words.Stamp(u.Seen), Sign: u.By, Due: words.Stamp(u.Due), Networks: []string{}}
		if r.Since.IsZero() { // nobody watches
			v.Due = nil
		}
		for _, n := range u.Networks {
			v.Networks = append(v.Networks, n.Name())
		}
		out.Users = append(out.Users, v)
	}
	return out
}
