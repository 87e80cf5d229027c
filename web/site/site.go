package site

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"collector/control"
	"collector/deliver/webhook"
	"collector/grant"
	"collector/web"
	"collector/web/page"
)

// Config is what the pages are made of.
type Config struct {
	Panel  *control.Panel
	Grants *grant.Service
	// Settings is the configuration, with what is secret hidden; nil where it is not known.
	Settings func() []control.Setting
	Post     webhook.Post // calls an address that a user named; nil: nobody is called
	// Identify says who sends a request; an error that grant.ErrTooMany is found in asks for
	// patience.
	Identify web.Identify
	// Secure says whether a request came over https, be it to a proxy in front.
	Secure func(*http.Request) bool
	// From is the address that a request came from.
	From func(*http.Request) netip.Addr
	// Now is the present moment; its location is that of all clocks on the pages.
	Now       func() time.Time
	Version   string         // of the program
	Store     string         // where the data is, without credentials; shown to the operator
	File      string         // the path of the store's file; "" where it is none
	Copies    *web.Copies    // makes copies of the store and sends them
	Simulated page.Simulated // what the banner says where Panel.Simulated is set
	Work      Work
	SignIn    control.Reach // without Whose and Keep nothing is connected by pages, and they tell the command
	// Notified names whom the operator has told: services, without secrets; nil where it is
	// not known. TestNotify sends each of them a message.
	Notified   func() ([]string, error)
	TestNotify func(context.Context) ([]control.Told, error)
	// API answers the lists of pages as JSON, to somebody who is known; nil: nobody does.
	API   http.Handler
	Log   *slog.Logger
	Clean func(string) string // takes secrets that the process knows out of a text
}

// site serves the pages. It keeps nothing of a visit but who watches, and how fast services
// answered when somebody connected them.
type site struct {
	Config
	draw   *page.Renderer
	notes  seal
	hub    *hub
	speeds speeds
}

// route is one address, what whoever comes there must have, and what answers.
type route struct {
	pattern string      // of http.ServeMux
	needs   grant.Scope // "": none; strangers are let in
	serve   func(*visit) error
}

// routes are all addresses but the fallback. Each page adds those of its own file.
func (s *site) routes() []route {
	return slices.Concat(
		s.door(),
		s.exports(),
		s.feeds(),
		s.helping(),
		s.likes(),
		s.searches(),
		s.theming(),
		s.keying(),
		s.accounts(),
		s.network(),
		s.wishes(),
		s.configuring(),
		s.tokens(),
		s.hooking(),
		s.telling(),
		s.backing(),
		s.activity(),
		s.streaming(),
		s.sounding(),
		s.working(),
		s.connecting(),
	)
}

// New makes the handler of all pages. It belongs at "/", inside web.Wrap.
func New(c Config) (http.Handler, error) {
	draw, err := page.NewRenderer()
	if err != nil {
		return nil, fmt.Errorf("making the pages: %w", err)
	}
	pack, err := packing()
	if err != nil {
		return nil, err
	}
	s := &site{Config: c, draw: draw, notes: newSeal()}
	s.hub = newHub(s)
	mux := http.NewServeMux()
	mux.Handle("GET /static/", draw.Static())
	for _, r := range s.routes() {
		h := s.handler(r)
		if r.pattern == onePattern {
			h = s.listOrTwin(h)
		}
		mux.Handle(r.pattern, h)
	}
	s.offerTwins(mux)
	mux.Handle("/", s.handler(route{needs: grant.Read, serve: func(*visit) error { return errNowhere }}))
	return grant.OwnPages(pack(web.Route(mux))), nil
}
