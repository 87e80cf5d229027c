package queue

import "time"

// adding is an id for which calls of Master.Add are under way. A worker may have started and
// even ended a job of it before the store's answer is there; whoever listens is to hear first that
// it was added.
type adding struct {
	calls int
	since time.Time // what was added before is another job, of which all is told as it comes
	later []Event   // of jobs with this id, kept until the calls have ended
}

// expect says that a call begins to add jobs: their events wait until arrived.
func (l *listeners) expect(jobs []Job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, j := range jobs {
		one := l.adding[j.ID]
		if one == nil {
			one = &adding{since: j.Added}
			l.adding[j.ID] = one
		}
		one.calls++
	}
}

// arrived says that the call has ended; happened are those of its jobs that it added, as events.
func (l *listeners) arrived(jobs []Job, happened []Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range happened {
		l.hand(e)
	}
	for _, j := range jobs {
		one := l.adding[j.ID]
		if one.calls--; one.calls > 0 {
			continue
		}
		delete(l.adding, j.ID)
		for _, e := range one.later {
			l.hand(e)
		}
	}
}
