package simulate

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// post invents a short message: one to three sentences in one language.
func (s *Sim) post(a *account, k uint32) thing {
	r := s.dice(a, k)
	t := thing{author: s.author(a, k, r), language: "en"}
	sentence := s.english
	switch r.IntN(12) {
	case 0:
		t.language, sentence = "de", s.german
	case 1:
		t.language, sentence = "es", s.spanish
	}
	lines := make([]string, 0, 3)
	for range 1 + r.IntN(3) {
		lines = append(lines, sentence(r))
	}
	t.text = strings.Join(lines, " ")
	t.tags = some(r, s.words.topics, r.IntN(4))
	t.private = r.IntN(60) == 0
	t.count = int(rand.NewZipf(r, 1.4, 8, 9_000).Uint64())
	if a.spec.Nasty && k%8 == 3 {
		t.text = nasty(k) + t.text
	}
	return t
}

func (s *Sim) english(r *rand.Rand) string {
	noun := func() string { return zipf(r, s.words.nouns) }
	adj := func() string { return zipf(r, s.words.adjectives) }
	verb := func() string { return zipf(r, s.words.verbs) }
	both := func() string { return article(adj()) + " " + noun() }
	switch r.IntN(10) {
	case 0:
		return fmt.Sprintf("Today I learned that %s %s %s.", both(), verb(), both())
	case 1:
		return fmt.Sprintf("Does anybody know %s that %s the %s?", both(), verb(), noun())
	case 2:
		return fmt.Sprintf("New post: how my %s became %s.", noun(), adj())
	case 3:
		return fmt.Sprintf("Unpopular opinion: every %s needs %s.", noun(), both())
	case 4:
		return fmt.Sprintf("%s, %s & %s: what more do you want?", title(both()), both(), both())
	case 5:
		return fmt.Sprintf("Spent the weekend with the %s %s. It %s now!", adj(), noun(), verb())
	case 6:
		return fmt.Sprintf("Version %d.%d of my %s is out, more %s than ever.", r.IntN(9), r.IntN(20), noun(), adj())
	case 7:
		return fmt.Sprintf("I wrote %s so that nobody else has to.", both())
	case 8:
		return fmt.Sprintf("The %s in the old harbour still %s, %d years later.", noun(), verb(), 3+r.IntN(90))
	}
	return fmt.Sprintf("A thread on the %s %s, and why it %s.", adj(), noun(), verb())
}

func (s *Sim) german(r *rand.Rand) string {
	noun := func() string { return zipf(r, s.words.german) }
	switch r.IntN(4) {
	case 0:
		return fmt.Sprintf("Schöne Grüße aus %s: alles läuft wieder.", noun())
	case 1:
		return fmt.Sprintf("Wer hat Lust auf %s und %s?", noun(), noun())
	case 2:
		return fmt.Sprintf("Heute gelernt: ohne %s gibt es keine %s.", noun(), noun())
	}
	return fmt.Sprintf("Endlich über %s gebloggt, mit Bildern von %s.", noun(), noun())
}

func (s *Sim) spanish(r *rand.Rand) string {
	noun := func() string { return zipf(r, s.words.spanish) }
	switch r.IntN(4) {
	case 0:
		return fmt.Sprintf("¿Quién quiere hablar de %s mañana?", noun())
	case 1:
		return fmt.Sprintf("He escrito algo sobre %s y %s.", noun(), noun())
	case 2:
		return fmt.Sprintf("Sin %s no hay %s.", noun(), noun())
	}
	return fmt.Sprintf("Un domingo entre %s y %s.", noun(), noun())
}
