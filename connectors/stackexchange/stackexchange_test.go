package stackexchange

import (
	"testing"
	"time"

	"collector/connectors"
	"collector/connectors/connectortest"
	"collector/fault"
)

func TestConnector(t *testing.T) { connectortest.Run(t, New()) }

func FuzzParse(f *testing.F) { connectortest.Fuzz(f, New()) }

// An empty list is doubted where it may be that nothing is shown, and only there.
func TestAnEmptyListIsUnknown(t *testing.T) {
	for at, doubted := range map[connectors.Cursor]bool{"": true, "3:100": false} {
		page, err := New().Parse(connectors.Query{Cursor: at}, connectors.Reply{Status: 200, Body: []byte(`{"items":[],"has_more":false,"quota_max":10000,"quota_remaining":9}`)})
		if err != nil || (page.Doubt != "") != doubted || page.Next != "" {
			t.Errorf("at %q: doubt %q, Next %q, %v", at, page.Doubt, page.Next, err)
		}
	}
	if !New().Info().EmptyWrong {
		t.Error("an empty list proves likes gone")
	}
}

func TestTheBodyTellsOfQuotaAndPause(t *testing.T) {
	page, err := New().Parse(connectors.Query{}, connectors.Reply{Status: 200, Body: []byte(`{"items":[],"has_more":false,"quota_max":10000,"quota_remaining":0,"backoff":10}`)})
	if err != nil || len(page.Usage) != 1 {
		t.Fatal(page, err)
	}
	if u := page.Usage[0]; u.Quota != "day" || u.Limit != 10000 || u.Left == nil || *u.Left != 0 || u.Wait != 10*time.Second {
		t.Errorf("%+v", u)
	}
}

func TestThrottlesSayHowLong(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"too many requests from this IP, more requests available in 82216 seconds": 82216 * time.Second,
		"more requests available in 1 second":                                      time.Second,
		"more requests available in a while":                                       0,
		"more requests available in -5 seconds":                                    0,
		"more requests available in 99999999999 seconds":                           0,
		"simply too many": 0,
		"":                0,
	} {
		body := `{"error_id":502,"error_name":"throttle_violation","error_message":"` + text + `"}`
		err := New().(connectors.Faulter).Fault(connectors.Reply{Status: 400, Body: []byte(body)})
		if e := fault.As(err); e == nil || e.Kind != fault.RateLimited || e.Wait != want {
			t.Errorf("%q: %v", text, err)
		}
	}
}
