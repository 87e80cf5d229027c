package scale

import "fmt"

// query is what is asked of the library, and what kind of question that is.
type query struct {
	kind, text, user string
}

// queries are what is asked. Words are named by their rank: the most common one
// stands in half of the items, the last ones in a handful.
func queries() []query {
	var out []query
	add := func(kind, format string, ranks ...int) {
		args := make([]any, len(ranks))
		for i, r := range ranks {
			args[i] = word(r)
		}
		out = append(out, query{kind, fmt.Sprintf(format, args...), "me"})
	}
	for _, rank := range []int{0, 1, 5, 10, 30, 60, 100, 150, 200, 300, 500, 1000, 5000, 20_000, 90_000} {
		add("word", "%s", rank)
	}
	for _, r := range [][2]int{{0, 1}, {0, 100}, {10, 300}, {60, 90}, {100, 200}, {100, 5000}, {1000, 2000}} {
		add("words", "%s %s", r[0], r[1])
		add("words", "%s or %s", r[0], r[1])
		add("words", "%s -%s", r[1], r[0])
		add("phrase", `"%s %s"`, r[0], r[1])
	}
	for _, beginning := range []string{"ba", "bad", "bada", "fi", "fif", "pom", "poma", "zuzu", "xx"} {
		out = append(out, query{"prefix", beginning + "*", "me"})
	}
	add("prefix", "ba* %s", 100)
	add("prefix", "pom* %s", 0)
	add("filter", "%s in:github", 0)
	add("filter", "%s in:github", 100)
	add("filter", "%s lang:zig", 30)
	add("filter", "%s lang:go liked:2019", 0)
	add("filter", "%s liked:<2018", 100)
	add("filter", "%s liked:2019-05", 1000)
	add("filter", "#%s", 0)
	add("filter", "#%s lang:rust", 50)
	add("filter", "#%s", 1000)
	add("filter", "by:%s", 0)
	add("filter", "by:%s %s", 20, 0)
	add("filter", "%s is:private", 5)
	add("filter", "-%s", 0)
	add("filter", "in:mastodon liked:2020")
	add("filter", "is:private")
	out = append(out, query{"newest", "", "me"})
	for _, q := range []int{0, 100, 1000} {
		out = append(out, query{"others", word(q), "you"}, query{"others", word(q), ""})
	}
	return append(out, query{"others", "fi*", "you"}, query{"others", "", ""})
}
