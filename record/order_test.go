package record

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"collector/connectors"
)

// TestNumbersKeepTheirOrder disguises ids, many of them of one length, and looks that
// they grow as before, that none stands for itself, and that a path names the same one.
func TestNumbersKeepTheirOrder(t *testing.T) {
	var real, objects []string
	for i := range 60 {
		real = append(real, strconv.Itoa(4001+17*i))
	}
	for i := range 20 {
		real = append(real, strconv.Itoa(123456789+1000003*i))
	}
	for _, id := range real {
		objects = append(objects, fmt.Sprintf(`{"id": %s, "uri": "/users/%s"}`, id, id))
	}
	got := Replies{Pages: []connectors.Reply{{Status: 200, Body: []byte("[" + strings.Join(objects, ",") + "]")}}}
	v, err := decode(newDisguise(connectors.Info{}, got).reply(got.Pages[0]).Body)
	if err != nil {
		t.Fatal(err)
	}
	before := 0
	for i, one := range v.(array) {
		members := one.(object)
		text := fmt.Sprint(members[0].value)
		n, err := strconv.Atoi(text)
		if err != nil || n <= before || text == real[i] || len(text) != len(real[i]) {
			t.Errorf("%s stands for %s after %d", text, real[i], before)
		}
		if want := "/users/" + text; members[1].value != want {
			t.Errorf("the path is %v, want %s", members[1].value, want)
		}
		before = n
	}
}
