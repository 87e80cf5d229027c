package site

import (
	"net/http"

	"collector/grant"
	"collector/web/page"
)

// helping tells the keys and the search language.
func (s *site) helping() []route {
	return []route{{"GET /help", grant.Read, (*visit).help}}
}

func (v *visit) help() error {
	f, err := v.frame("Help", page.Elsewhere)
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, page.Help{Frame: f, Fields: language})
}

// language is the search language by examples, each of which search.Parse understands.
var language = []page.HelpLine{
	{Example: "raft consensus", Means: "both words, anywhere"},
	{Example: `"exact words"`, Means: "the words in this order"},
	{Example: "conc*", Means: "words that begin so"},
	{Example: "-archived", Means: "likes without the word"},
	{Example: "raft or paxos", Means: "one of the two, or both"},
	{Example: "(raft or paxos) -java", Means: "parentheses hold together what belongs together"},
	{Example: "in:github", Means: "likes of one service"},
	{Example: "account:octocat", Means: "likes of one account"},
	{Example: "by:ada", Means: "what somebody made"},
	{Example: "#databases", Means: "a tag or topic"},
	{Example: "lang:go", Means: "a programming language, or the language of a text"},
	{Example: "kind:repository", Means: "one kind of thing: repository, post, video, article"},
	{Example: "liked:2025", Means: "liked in a year, a month (2025-03) or on a day (2025-03-09)"},
	{Example: "liked:>2025-01", Means: "liked after that month; also <, >=, <= and 2025-01..2025-03"},
	{Example: "age:<30d", Means: "liked in the last 30 days; also h, w, m and y"},
	{Example: "is:removed", Means: "likes that were taken back, or are gone at the service"},
	{Example: "is:private", Means: "likes that are private at the service"},
}
