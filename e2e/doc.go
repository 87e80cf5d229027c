// Package e2e runs the built program against the real thing: a Bluesky server and
// a music server that nobody here wrote, with likes made through their own API, and,
// where a folder of recordings is given, the replies that other projects recorded
// of real services. Both go through the program's command line, so nothing is
// known here of how it works inside. Where a folder of the providers' own descriptions
// of their APIs is given, connectors and their recordings are held to those. The web
// pages are opened in a real browser.
//
// The tests carry the build tag e2e, because they need Node and minutes:
// `make e2e` runs them.
package e2e
