package simulate

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Like lets the account like n new things now, and returns the ids of the items.
func (s *Sim) Like(account string, n int) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.find(account)
	if err != nil {
		return nil, err
	}
	s.grow(a)
	var out []string
	for range n {
		out = append(out, s.itemID(a, s.like(a, s.now())))
	}
	return out, nil
}

// Unlike takes a like back; id "" chooses one by chance. It returns the id.
func (s *Sim) Unlike(key, id string) (string, error) {
	return s.take(key, id, func(a *account, i int) { a.drop(i, s.now()) })
}

// Relike takes a like back and makes it again, so that it stands at the top of
// the list with a new time. A thing that was unliked before is liked again.
func (s *Sim) Relike(account, id string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.find(account)
	if err != nil {
		return "", err
	}
	s.grow(a)
	for i, l := range a.old {
		if id != "" && s.itemID(a, l) == id {
			a.old = slices.Delete(a.old, i, i+1)
			s.push(a, l, s.now())
			return id, nil
		}
	}
	i, err := s.pick(a, id)
	if err != nil {
		return "", err
	}
	return s.itemID(a, s.again(a, i, s.now())), nil
}

// Vanish makes a liked thing disappear from the list without the user's doing:
// deleted, or private. It stays in nobody's list; Likes no longer names it.
func (s *Sim) Vanish(key, id string) (string, error) {
	return s.take(key, id, func(a *account, i int) {
		a.likes[i].gone = true
		a.drop(i, s.now())
	})
}

// drop takes the i-th like out of the list at a time.
func (a *account) drop(i int, at time.Time) {
	a.old = append(a.old, a.likes[i])
	a.likes = slices.Delete(a.likes, i, i+1)
	a.dropped = at
}

func (s *Sim) take(key, id string, do func(*account, int)) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.find(key)
	if err != nil {
		return "", err
	}
	s.grow(a)
	i, err := s.pick(a, id)
	if err != nil {
		return "", err
	}
	id = s.itemID(a, a.likes[i])
	do(a, i)
	return id, nil
}

// pick returns the place of the like with an id, of any for "".
func (s *Sim) pick(a *account, id string) (int, error) {
	if id == "" && len(a.likes) > 0 {
		return a.chance.IntN(len(a.likes)), nil
	}
	for i, l := range a.likes {
		if s.itemID(a, l) == id {
			return i, nil
		}
	}
	return 0, fmt.Errorf("the simulated account %s does not like %q", a.key, id)
}

// history fills an account with the likes of its past: uneven in time, as
// people like in bursts.
func (s *Sim) history(a *account, now time.Time) {
	gaps := make([]float64, a.spec.Likes)
	sum := 0.0
	for i := range gaps {
		gaps[i] = math.Pow(a.chance.ExpFloat64(), 2)
		sum += gaps[i]
	}
	at := now.Add(-a.spec.Over)
	a.likes = make([]like, 0, len(gaps))
	for _, g := range gaps {
		at = at.Add(time.Duration(g / sum * float64(a.spec.Over-time.Minute)))
		s.like(a, at)
	}
}

// like adds a new thing at a time.
func (s *Sim) like(a *account, at time.Time) like {
	l := like{k: a.next}
	a.next++
	ms := at.UnixMilli()
	l.created = ms - 60_000 - int64(a.chance.ExpFloat64()*float64(40*24*time.Hour/time.Millisecond))
	return s.push(a, l, at)
}

// push puts a like at the top of the list, a millisecond after the last at least.
func (s *Sim) push(a *account, l like, at time.Time) like {
	l.at = max(at.UnixMilli(), a.lastAt+1)
	a.lastAt = l.at
	if a.list.key != nil {
		a.list.key(a, &l)
	}
	l.displaced = false
	a.likes = append(a.likes, l)
	s.displace(a)
	return l
}

func (s *Sim) again(a *account, i int, at time.Time) like {
	l := a.likes[i]
	a.likes = slices.Delete(a.likes, i, i+1)
	return s.push(a, l, at)
}

// grow applies the account's rates up to now.
func (s *Sim) grow(a *account) {
	now := s.now()
	r := a.spec.PerDay
	total := r.Like + r.Unlike + r.Relike
	if total <= 0 || !now.After(a.until) {
		a.until = now
		return
	}
	for {
		next := a.until.Add(time.Duration(min(a.chance.ExpFloat64()/total, 30_000) * float64(24*time.Hour)))
		if next.After(now) {
			// The memoryless rest is drawn anew next time.
			a.until = now
			return
		}
		a.until = next
		switch roll := a.chance.Float64() * total; {
		case roll < r.Like || len(a.likes) == 0:
			s.like(a, next)
		case roll < r.Like+r.Unlike:
			a.drop(a.chance.IntN(len(a.likes)), next)
		default:
			s.again(a, a.chance.IntN(len(a.likes)), next)
		}
	}
}
