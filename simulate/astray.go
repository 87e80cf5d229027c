package simulate

import "fmt"

// astray answers a list as a fault wants it to go on.
func (s *Sim) astray(c *call, sh shape, f *Fault) *reply {
	if f.Kind == ForeignNext {
		rep := sh.answer(s, c)
		sh.next(c, rep, s.Foreign()+c.r.URL.Path+"?page=2")
		return rep
	}
	at, _ := s.siteOf(c.service)
	was := at.form.at(c.r.URL.Query())
	s.mu.Lock()
	count := 0
	for _, other := range s.faults {
		if other.Kind == f.Kind {
			count += other.done
		}
	}
	s.mu.Unlock()
	start := *c
	start.r = c.r.Clone(c.r.Context())
	start.r.Header.Del("If-None-Match")
	q := start.r.URL.Query()
	for _, name := range at.form.place {
		q.Del(name)
	}
	start.r.URL.RawQuery = q.Encode()
	to := fmt.Sprint(900_000 + count)
	switch f.Kind {
	case SelfNext:
		if to = was; to == "" {
			to = "1"
		}
	case CycleNext:
		if to = "900001"; was == to {
			to = "900002"
		}
	case Growing:
		start.invent = 1_000_000_000 + 1000*count
	}
	rep := sh.answer(s, &start)
	if rep.list && f.Kind == EmptyNext {
		rep.body = []byte(at.form.empty)
	}
	if rep.list {
		sh.next(c, rep, to)
	}
	return rep
}
