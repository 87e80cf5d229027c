package record

import (
	"fmt"
	"strconv"
	"testing"

	"collector/connectors"
)

// TestNumbersKeepTheirOrder disguises ids of several lengths and looks that they grow
// as before, that none stands for itself, and that a path names the same one.
func TestNumbersKeepTheirOrder(t *testing.T) {
	body := `[{"id": 4}, {"id": 12}, {"id": 77}, {"id": 4106}, {"id": 4107}, {"id": 123456789, "uri": "/users/123456789"}]`
	got := Replies{Pages: []connectors.Reply{{Status: 200, Body: []byte(body)}}}
	d := newDisguise(connectors.Info{}, got)
	v, err := decode(d.reply(got.Pages[0]).Body)
	if err != nil {
		t.Fatal(err)
	}
	before := 0
	real := []string{"4", "12", "77", "4106", "4107", "123456789"}
	for i, one := range v.(array) {
		text := fmt.Sprint(one.(object)[0].value)
		n, err := strconv.Atoi(text)
		if err != nil || n <= before || text == real[i] || len(text) != len(real[i]) {
			t.Errorf("%s stands for %s after %d", text, real[i], before)
		}
		before = n
	}
	last := v.(array)[5].(object)
	if want := "/users/" + strconv.Itoa(before); last[1].value != want {
		t.Errorf("the path is %v, want %s", last[1].value, want)
	}
}
