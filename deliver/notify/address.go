package notify

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/nicholas-fedor/shoutrrr/pkg/router"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"

	"collector/auth"
)

// MaxAddresses is how many there may be.
const MaxAddresses = 20

// services are those of the library that can be told, and whether it puts a title on
// their messages. Its logger is none: it would print the message on this program's output.
var services = map[string]bool{
	"bark": true, "discord": true, "generic": true, "gotify": true, "googlechat": false, "hangouts": false, "ifttt": false, "join": true,
	"lark": true, "matrix": false, "mattermost": false, "notifiarr": true, "ntfy": true, "opsgenie": true, "pagerduty": false, "pushbullet": true,
	"pushover": true, "rocketchat": false, "signal": false, "slack": true, "smtp": true, "teams": true, "telegram": true, "wecom": false, "zulip": false,
}

// Services lists the services that can be told, by name.
func Services() []string { return slices.Sorted(maps.Keys(services)) }

// Address is one of the operator's, at one service. It prints as Name.
type Address struct {
	Name    string // the service's, with a number where there are several: "ntfy", "ntfy 2"
	service string
	url     auth.Secret
}

func (a Address) String() string { return a.Name }

// errAddress says that the library does not understand an address.
var errAddress = errors.New("the address is not understood")

// Parse reads addresses, one a line or several with blanks between them; a line that
// begins with # is a comment. The error names the place and repeats nothing of the
// address but the name of its service.
func Parse(list auth.Secret) ([]Address, error) {
	var out []Address
	count := map[string]int{}
	for line := range strings.Lines(list.Reveal()) {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		for word := range strings.FieldsSeq(line) {
			a, err := parse(word)
			if err != nil {
				return nil, fmt.Errorf("address %d: %w", len(out)+1, err)
			}
			count[a.service]++
			if n := count[a.service]; n > 1 {
				a.Name = fmt.Sprintf("%s %d", a.service, n)
			}
			out = append(out, a)
		}
	}
	if len(out) > MaxAddresses {
		return nil, fmt.Errorf("there are %d addresses: keep %d", len(out), MaxAddresses)
	}
	return out, nil
}

func parse(word string) (Address, error) {
	scheme, _, ok := strings.Cut(word, "://")
	if !ok {
		return Address{}, errors.New("it names no service: write it like ntfy://ntfy.sh/topic")
	}
	name, _, _ := strings.Cut(strings.ToLower(scheme), "+")
	if _, known := services[name]; !known {
		if name == "http" || name == "https" {
			return Address{}, errors.New("it names no service: for a server of your own that takes a POST write generic://host/path")
		}
		if name == "smtps" || name == "mailto" {
			return Address{}, errors.New("it names no service: for mail write smtp://NAME:PASSWORD@host:465/?from=…&to=…; at port 465 it is encrypted from the start")
		}
		return Address{}, fmt.Errorf("it names no service that is known: %s", strings.Join(Services(), ", "))
	}
	a := Address{Name: name, service: name, url: auth.NewSecret(word)}
	if name == "matrix" { // it signs in when it is located
		if _, err := url.Parse(word); err != nil {
			return Address{}, fmt.Errorf("%s: %w", name, errAddress)
		}
		return a, nil
	}
	if _, err := a.locate(); err != nil {
		return Address{}, fmt.Errorf("%s: %w", name, err)
	}
	return a, nil
}

// locate makes the library's service of an address. It is made anew for each message,
// since some keep what was set for the last one.
func (a Address) locate() (s types.Service, err error) {
	defer func() {
		if recover() != nil {
			s, err = nil, errAddress
		}
	}()
	s, err = new(router.ServiceRouter).Locate(a.url.Reveal())
	if err != nil {
		return nil, errAddress
	}
	return s, nil
}
