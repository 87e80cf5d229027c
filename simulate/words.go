package simulate

import (
	"math/rand/v2"
	"strings"
)

// The words of the invented texts, in the order of how often they come: the
// n-th about 1/n as often as the first, as in real text, so that a search meets
// both words that everything has and words that hardly anything has.
type vocabulary struct {
	nouns, adjectives, verbs, languages, topics, first, last []string

	german, spanish []string // nouns of places and things

	addresses [][2]string // of a repository
}

func newVocabulary() vocabulary {
	return vocabulary{
		german:    strings.Fields(`Bücher Karten Gärten Kaffee Züge Brot Fahrräder Archiven Wetterberichte Uhren Leuchttürme Schreibmaschinen Orgeln Drachen Moor`),
		spanish:   strings.Fields(`mapas libros jardines café trenes pan bicicletas archivos relojes faros olas colmenas guitarras`),
		addresses: addresses(),
		nouns: strings.Fields(`search server parser cache queue editor database tool index notes terminal reader
	compiler garden map library window router photo recipe keyboard clock archive font language
	network stream ledger mirror lantern bicycle synthesiser kettle scheduler telescope theme
	sensor printer tide raft beacon loom harbour podcast calendar atlas compass diary bakery
	tokeniser thermostat lighthouse orchard quilt camera radio ferry glacier almanac typewriter
	anvil cartographer metronome pantry weathervane sundial barometer beehive bookmark crane
	dictionary dynamo easel fjord greenhouse hammock inkwell jigsaw kiln lathe marmalade notebook
	observatory pendulum quarry riddle saddle tapestry umbrella viaduct windmill xylophone yurt zeppelin`),
		adjectives: strings.Fields(`small fast simple open tiny quiet offline modern friendly portable minimal
	typed lazy local private static concurrent embedded slow incremental durable honest
	colourful plain sturdy distributed playful readable deterministic gentle hidden patient
	curious frugal bright crooked amber copper northern rainy paper velvet wooden salty nimble
	tidy wandering borrowed reversible seaworthy moonlit handmade nocturnal undervalued`),
		verbs: strings.Fields(`keeps finds reads draws sorts sends stores plays shows builds watches mends
	counts copies folds measures remembers translates compresses grows tunes untangles prints
	schedules explains replays weaves simulates archives garnishes`),
		languages: strings.Fields(`Go Python TypeScript Rust JavaScript C C++ Java Ruby Shell Zig Elixir Haskell
	Kotlin Swift Lua OCaml Nix Clojure Julia`),
		topics: strings.Fields(`cli self-hosted search database go parser terminal rust web gardening privacy
	rss music maps photography embedded testing editor cooking distributed-systems raft
	accessibility typography sqlite home-automation retro weather cycling fonts knitting
	astronomy synth bread birds trains letterpress bees radio sailing chess`),
		first: strings.Fields(`Mira Jonas Aiko Tomas Lena Kofi Priya Nils Amara Hugo Sofia Ravi Ines Oskar
	Leila Mateo Freya Dmitri Yara Anton Noor Emil Keiko Bruno Zofia Idris Clara Paolo Wanja
	Selma Tariq Greta Viktor Lucia Samir Elif Ruben Hanna Omar Petra Ilya Marta Diego Astrid
	Chidi Renata Lars Naima Felix Odile`),
		last: strings.Fields(`Holt Varga Tanaka Lindqvist Okafor Moreau Castell Novak Fischer Mensah Rossi
	Berg Silva Kovacs Haddad Eriksen Marsh Dvorak Nakamura Pereira Keller Adeyemi Falk
	Ionescu Brandt Sato Quist Laurent Popov Aalto Duarte Winter Szabo Ferreira Ashdown Ueda
	Thorne Bakker Molina Greaves`),
	}
}

// zipf returns one of words, the n-th about 1/n as often as the first.
func zipf(r *rand.Rand, words []string) string {
	return words[rand.NewZipf(r, 1.1, 2, uint64(len(words)-1)).Uint64()]
}

// some returns n different words.
func some(r *rand.Rand, words []string, n int) []string {
	var out []string
	for tries := 0; len(out) < n && tries < 8*n; tries++ {
		w := zipf(r, words)
		seen := false
		for _, o := range out {
			seen = seen || o == w
		}
		if !seen {
			out = append(out, w)
		}
	}
	return out
}

// human is an invented person.
type human struct {
	first, last string
	n           uint64
}

// person returns the n-th person of a world.
func (s *Sim) person(n uint64) human {
	r := rand.New(rand.NewPCG(s.opt.Seed, n^0x9E57))
	first, last := s.words.first, s.words.last
	return human{first[r.IntN(len(first))], last[r.IntN(len(last))], n}
}

func (h human) full() string { return h.first + " " + h.last }

// login is unique among the people of a world: the number is in it.
func (h human) login() string {
	return strings.ToLower(h.first[:1]+h.last) + short(h.n)
}

// short writes a number in few letters; the first are the shortest.
func short(n uint64) string {
	const digits = "0123456789abcdefghijklmnopqrstuvwxyz"
	var b []byte
	for ; n > 0; n /= 36 {
		b = append(b, digits[n%36])
	}
	return string(b)
}
