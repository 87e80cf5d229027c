package control

// Enrolment is what somebody asks for who connects many accounts at once, from JSON Lines.
type Enrolment struct {
	User string // of lines that name none
	// Refused is called with each line that cannot be used, of the first RefusedMost; Told with
	// how many lines were read and networks added, after each batch. nil: nobody waits for it.
	Refused func(RefusedLine)
	Told    func(Progressed)
}

// RefusedMost is how many refused lines are told one by one.
const RefusedMost = 10000

// Enrolled is what became of it.
type Enrolled struct {
	Added   int           `json:"added"`                  // networks that are new
	Again   int           `json:"again"`                  // accounts that were there, and are signed in again
	Refused int           `json:"refused"`                // lines that cannot be used
	Lines   []RefusedLine `json:"lines" nullable:"false"` // the first of them, at most RefusedMost, in the order in which it was known
	Works   bool          `json:"works"`                  // a collector runs; without one nothing is read
}

// RefusedLine is a line that cannot be used. The reason repeats nothing that may be a token.
type RefusedLine struct {
	Line   int    `json:"line"` // counted from 1
	Reason string `json:"reason"`
}

// Begun says whether anything was done.
func (e Enrolled) Begun() bool { return e.Added+e.Again+e.Refused > 0 }
