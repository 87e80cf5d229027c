// Package pagetest holds one filled view of every page and state of one, all
// invented, for the tests of the pages and for whoever wants to look at them
// (scripts/pages). The product does not import it.
package pagetest

import (
	"time"

	"collector/web/page"
)

// Now is the moment of all pages.
func Now() time.Time {
	return time.Date(2026, 11, 22, 14, 56, 4, 0, time.FixedZone("Europe/Lisbon", 0))
}

// Page is a view with the name of the file that it is written to.
type Page struct {
	Name string
	View page.View
}

// All is every page.
func All() []Page {
	return []Page{
		{"likes", Likes(6)},
		{"likes-50", Likes(50)},
		{"likes-search", Search()},
		{"likes-problem", Misread()},
		{"likes-nothing", Nothing()},
		{"likes-empty", FirstRun()},
		{"demo", Demo()},
		{"accounts", Accounts()},
		{"accounts-well", AllWell()},
		{"accounts-many", Many()},
		{"accounts-empty", page.Accounts{Frame: frame("Accounts", page.OnAccounts, "/accounts"), CanChange: true}},
		{"network", Network()},
		{"network-new", NewNetwork()},
		{"connect", Connect("")},
		{"connect-nothing", Connect("zz")},
		{"service-device", Device()},
		{"service-token", Token()},
		{"service-password", Password()},
		{"service-checks", Checks()},
		{"service-unread", Unread()},
		{"service-started", Started()},
		{"service-collected", Collected()},
		{"activity", Activity()},
		{"activity-empty", page.Activity{Frame: frame("Activity", page.OnActivity, "/activity"), Lead: "What collector does, as it does it."}},
		{"workers", Workers()},
		{"workers-alone", Alone()},
		{"settings", Settings()},
		{"settings-keys", KeysOff()},
		{"settings-database", SettingsOfADatabase()},
		{"settings-link", LinkMade()},
		{"settings-webhook", WebhookMade()},
		{"settings-webhook-refused", WebhookUnmade()},
		{"settings-empty", page.Settings{Frame: frame("Settings", page.OnSettings, "/settings"), CanChange: true}},
		{"confirm-jobs", DeleteJobs()},
		{"confirm-disconnect", DisconnectAccount()},
		{"help", Help()},
		{"help-keys", HelpKeysOff()},
		{"door", door(page.NoSession)},
		{"door-enter", door(page.Enter)},
		{"door-slow", door(page.Slow)},
		{"door-out", door(page.SignedOut)},
		{"door-void", door(page.VoidLink)},
		{"problem-404", Missing()},
		{"problem-500", Broken()},
	}
}

// frame is what all pages have.
func frame(window string, here page.Section, path page.Path) page.Frame {
	return page.Frame{
		Now: Now(), Window: window, Here: here, Path: path, NeedsYou: 1, Operator: true,
		Version: "1.0.0", Store: "./collector.db, 41 MB",
	}
}

// at is a moment of November 2026.
func at(day, hour, minute, second int) time.Time {
	return time.Date(2026, 11, day, hour, minute, second, 0, Now().Location())
}
