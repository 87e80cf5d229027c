package connectortest

import "collector/connectors"

// checkMoney: where items cost money, each call reserves what a full page can cost,
// and each page says what it did cost.
func checkMoney(k *kit, wrong report) {
	info := k.c.Info()
	if info.Price == 0 {
		return
	}
	budget := ""
	for _, q := range info.Quotas {
		if q.Unit == connectors.Mills {
			budget = q.Name
		}
	}
	k.every(wrong, func(_ connectors.Walk, s step) {
		if most := s.q.PageSize * info.Price; s.request.Cost[budget] < most {
			wrong("%s: reserves %d mills for a page that may cost %d", s.name, s.request.Cost[budget], most)
		}
		want, said := (len(s.page.Items)+len(s.page.Bad))*info.Price, -1
		for _, u := range s.page.Usage {
			if u.Quota == budget && u.Spent != nil {
				said = *u.Spent
			}
		}
		if said != want {
			wrong("%s: says that it cost %d mills, want %d", s.name, said, want)
		}
	})
}
