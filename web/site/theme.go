package site

import (
	"net/http"
	"time"

	"collector/web/page"
)

const (
	themeCookie = "collector-theme"
	themeFor    = 365 * 24 * time.Hour
)

// theming changes between light and dark.
func (s *site) theming() []route {
	return []route{{"POST /theme", "", (*visit).setTheme}}
}

// theme is what the browser's cookie says.
func (v *visit) theme() page.Theme {
	c, err := v.r.Cookie(themeCookie)
	if err != nil {
		return page.System
	}
	return known(page.Theme(c.Value))
}

// known is a theme that there is.
func known(t page.Theme) page.Theme {
	if t == page.Light || t == page.Dark {
		return t
	}
	return page.System
}

func (v *visit) setTheme() error {
	if t := known(page.Theme(v.r.PostFormValue("theme"))); t != page.System {
		v.cookie(themeCookie, string(t), themeFor)
	} else {
		v.cookie(themeCookie, "", -1)
	}
	http.Redirect(v.w, v.r, string(v.back()), http.StatusSeeOther)
	return nil
}
