package stackexchange

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"collector/connectors"
	"collector/fault"
)

// The numbers of errors (from memory; api.stackexchange.com/docs/error-handling).
const (
	tokenRequired    = 401
	tokenInvalid     = 402
	accessDenied     = 403
	tokenCompromised = 406
	internalError    = 500
	throttled        = 502
	unavailable      = 503
)

// Fault reads error_id: whatever is wrong, the status is mostly 400.
func (stackexchange) Fault(r connectors.Reply) error {
	e := fault.FromStatus("stackexchange", r.Status, r.Body)
	var body struct {
		ID   int    `json:"error_id"`
		Text string `json:"error_message"`
	}
	if e == nil || connectors.Decode(r, &body) != nil {
		return nil
	}
	service := "stackexchange"
	switch body.ID {
	case tokenRequired, tokenInvalid, tokenCompromised:
		e.Kind, e.Whose, e.Next = fault.Unauthorized, "you", "sign in again: collector connect stackexchange"
		e.Revoked = body.ID != tokenRequired
	case accessDenied:
		e.Kind, e.Whose, e.Next = fault.Forbidden, "you", "see that the application may act for you, then: collector connect stackexchange"
	case throttled:
		e.Kind, e.Whose, e.Next = fault.RateLimited, service, "nothing: the collector waits and goes on"
		e.Wait = wait(body.Text)
	case internalError, unavailable:
		e.Kind, e.Whose, e.Next = fault.Temporary, service, "nothing: the collector tries again"
	default:
		return nil
	}
	return e
}

// wait is the time in "too many requests from this IP, more requests available in
// 82216 seconds", which stands nowhere else; 0 where there is none.
func wait(text string) time.Duration {
	_, rest, found := strings.Cut(text, " available in ")
	number, _, _ := strings.Cut(rest, " ")
	n, err := strconv.ParseUint(number, 10, 22) // a day has 86,400 seconds
	if !found || err != nil {
		return 0
	}
	return time.Duration(n) * time.Second
}

// WhoAmI asks for the account's profiles, which name the account of the whole of
// Stack Exchange, whatever the site.
func (stackexchange) WhoAmI(connectors.Query) (connectors.Request, error) {
	return request("/me/associated", url.Values{"pagesize": {"1"}, "page": {"1"}}), nil
}

// Identity reads the account's number. Names are different on each site and not
// unique, so it is called by its number.
func (stackexchange) Identity(r connectors.Reply) (connectors.Identity, error) {
	var body struct {
		Items []struct {
			Account int64 `json:"account_id"`
		} `json:"items"`
	}
	if err := connectors.Decode(r, &body); err != nil {
		return connectors.Identity{}, err
	}
	if len(body.Items) == 0 || body.Items[0].Account <= 0 {
		return connectors.Identity{}, fault.New(fault.Malformed, "stackexchange did not say whose token this is")
	}
	id := connectors.ID(body.Items[0].Account)
	return connectors.Identity{ID: id, Name: id}, nil
}
