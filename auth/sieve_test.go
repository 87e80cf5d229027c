package auth

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestHoldsAny holds the search to the plain one, on bodies of so few letters
// that parts of the forms stand everywhere.
func TestHoldsAny(t *testing.T) {
	const seed = 1
	random := rand.New(rand.NewPCG(seed, 0))
	text := func(n, letters int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = "ab\xffcdef0"[random.IntN(letters)]
		}
		return string(b)
	}
	found := 0
	for round := range 20_000 {
		letters := 2 + random.IntN(7)
		var forms []string
		for range random.IntN(5) {
			forms = append(forms, text(shortest+random.IntN([]int{1, 8, 40, 400}[random.IntN(4)]), letters))
		}
		body := text(random.IntN(200), letters)
		if len(forms) > 0 && random.IntN(2) == 0 {
			body = body[:len(body)/2] + forms[random.IntN(len(forms))] + body[len(body)/2:]
		}
		want := false
		for _, form := range forms {
			want = want || strings.Contains(body, form)
		}
		if got := holdsAny([]byte(body), forms); got != want {
			t.Fatalf("seed %d, round %d: %q in %q: %v", seed, round, forms, body, got)
		}
		if want {
			found++
		}
	}
	if found < 5_000 || found > 18_000 {
		t.Errorf("%d of 20000 bodies held a form", found)
	}
}

func BenchmarkCleanerBytes(b *testing.B) {
	c := Credential{Access: NewSecret("gho_16C7e42F292c6912E7710c838347Ae178B4a")}
	body := bytes.Repeat([]byte(`{"id":1296269,"url":"https://api.example/repos/octocat/Hello-World","text":"a line of words"},`), 4800)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if got := c.Cleaner().Bytes(body); len(got) != len(body) {
			b.Fatal("changed")
		}
	}
}
