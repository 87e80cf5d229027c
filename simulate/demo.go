package simulate

import "time"

// Demo makes the world of `collector demo`: accounts of all three services with
// so many likes in all, likes that come and go, and on purpose a limit, an
// outage, an expired token and a 401 that is not true. The first page of each
// account comes without trouble. One hour of the services' time shows it all.
func Demo(o Options, accounts, likes int) (*Sim, error) {
	s := New(o)
	accounts = max(accounts, 1)
	services := []string{GitHub, Mastodon, Bluesky}
	for i := range accounts {
		_, err := s.AddAccount(Spec{
			Service: services[i%len(services)],
			Likes:   likes/accounts + 1,
			PerDay:  Rates{Like: 150, Unlike: 25, Relike: 15},
		})
		if err != nil {
			return nil, err
		}
	}
	start := s.Now()
	for _, f := range []Fault{
		{Kind: Slow, Wait: 200 * time.Millisecond, Every: 3},
		{Kind: Limit, Service: Mastodon, From: 6, Every: 40, Wait: 3 * time.Minute, Retry: "date"},
		{Kind: Secondary, Service: GitHub, From: 9, Every: 60, Wait: 2 * time.Minute},
		{Kind: Status, Service: Mastodon, After: start.Add(15 * time.Minute), Until: start.Add(25 * time.Minute)},
		{Kind: Expired, Service: Bluesky, Path: "listRecords", From: 5, Every: 80},
		{Kind: Unauthorized, Service: GitHub, From: 14, Every: 90},
		{Kind: BadObject, Service: Bluesky, From: 3, Times: 1},
	} {
		s.AddFault(f)
	}
	return s, nil
}
