package simulate

import "strings"

// redditThing is a saved or upvoted post or comment, as a listing has it.
func (s *Sim) redditThing(a *account, l like) map[string]any {
	t, name := s.post(a, l.k), redditName(a, l)
	kind, id, _ := strings.Cut(name, "_")
	sub := "all_things"
	if len(t.tags) > 0 {
		sub = strings.ReplaceAll(t.tags[0], "-", "_")
	}
	seconds := float64(l.created / 1000)
	data := map[string]any{
		"id": id, "name": name, "author": t.author.login(), "subreddit": sub, "subreddit_type": "public",
		"created_utc": seconds, "created": seconds, "score": t.count, "ups": t.count, "over_18": false, "archived": false,
		"saved": a.list.name == Reddit, "likes": a.list.name == RedditUpvoted, "gilded": 0, "edited": false,
	}
	if t.private {
		data["subreddit_type"] = "private"
	}
	title, _, _ := strings.Cut(t.text, ".")
	if kind == "t1" {
		post := short(uint64(l.created / 1000))
		data["link_title"], data["link_id"], data["parent_id"], data["body"] = title, "t3_"+post, "t3_"+post, t.text
		data["permalink"] = "/r/" + sub + "/comments/" + post + "/_/" + id + "/"
		return map[string]any{"kind": kind, "data": data}
	}
	data["title"], data["selftext"], data["is_self"], data["thumbnail"] = title, t.text, true, "self"
	data["permalink"] = "/r/" + sub + "/comments/" + id + "/_/"
	data["url"] = "https://www.reddit.com/r/" + sub + "/comments/" + id + "/_/"
	return map[string]any{"kind": kind, "data": data}
}
