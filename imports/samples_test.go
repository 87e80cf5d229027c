package imports

// samples are invented exports, a name that begins with the format each.
func samples() map[string]map[string]string {
	return map[string]map[string]string{
		"bookmarks": {"bookmarks.html": bookmarkFile},
		"pocket": {"part_000000.csv": "title,url,time_added,tags,status\n" +
			"\"Rust, slowly\",https://example.org/rust,1700000000,Programming|rust|,unread\n" +
			",https://example.org/untitled,1700000100,,archive\n" +
			"No address,,1700000200,,unread\n"},
		"pocket, parted": {
			"collections/x.json":     "{}",
			"pocket/part_000000.csv": "title,url,time_added,tags,status\nA,https://example.org/a,1700000000,,unread\n",
			"pocket/part_000001.csv": "title,url,time_added,tags,status\nB,https://example.org/b,1700000000,,unread\n",
		},
		"pocket-html": {"ril_export.html": `<!DOCTYPE html><html><head><title>Pocket Export</title></head><body><h1>Unread</h1><ul>
<li><a href="https://example.org/c" time_added="1600000000" tags="a,B">See &amp; C</a></li>
<li><a href="https://example.org/d" time_added="x" tags="">https://example.org/d</a></li>
</ul><h1>Read Archive</h1><ul><li><a href="ftp://example.org/e" time_added="1600000002" tags="">E</a></li></ul></body></html>`},
		"x": {
			"data/account.js":    "window.YTD.account.part0 = [ {\n \"account\" : { \"username\" : \"ada\", \"accountId\" : \"4711\" } } ]",
			"data/tweets.js":     "window.YTD.tweets.part0 = []",
			"data/like.js":       "window.YTD.like.part0 = [\n{\"like\":{\"tweetId\":\"1346889436626259968\",\"fullText\":\"Learn how to &lt;em&gt;\",\"expandedUrl\":\"https://twitter.com/i/web/status/1346889436626259968\"}},\n{\"like\":{\"tweetId\":\"20\",\"fullText\":\"old\"}} ]",
			"data/like-part1.js": "window.YTD.like.part1 = [{\"like\":{\"tweetId\":\"1346889436626259969\"}},{\"like\":{\"fullText\":\"no id\"}},{\"dislike\":1},7]",
		},
		"reddit": {
			"saved_posts.csv":     "id,permalink\nabc12,https://www.reddit.com/r/golang/comments/abc12/why_maps_have_no_order/\nNOT AN ID,x\n",
			"saved_comments.csv":  "id,permalink\nx1,https://www.reddit.com/r/golang/comments/abc12/why_maps_have_no_order/x1/\nx2,\n",
			"post_votes.csv":      "id,permalink,direction\nup1,/r/golang/comments/up1/generics/,up\ndn1,/r/x/comments/dn1/y/,down\nno1,/r/x/comments/no1/y/,none\nodd,/r/x/comments/odd/y/,\n",
			"comment_votes_1.csv": "id,permalink,direction\ncv1,/r/golang/comments/up1/generics/cv1/,up\n",
			"hidden_posts.csv":    "id,permalink\nhid,/r/x/comments/hid/y/\n",
			"friends.csv":         "username,note\nbob,\n",
		},
		"takeout, older": {
			"Takeout/YouTube und YouTube Music/Playlists/Mag ich.csv": "Playlist-ID,Kanal-ID,Erstellt,Aktualisiert,Titel,Beschreibung,Sichtbarkeit\n" +
				"LLaaaaaaaaaaaaaaaaaaaaaa,UCaaaaaaaaaaaaaaaaaaaaaa,2015-01-01 00:00:00 UTC,,Mag ich,,Privat\n\nVideo-ID,Hinzugefügt\n" +
				"dQw4w9WgXcA,2021-05-01 12:00:00 UTC\nabc,2021-05-01 12:00:00 UTC\n",
			"Takeout/YouTube und YouTube Music/Playlists/Rezepte.csv": "Playlist-ID,Kanal-ID\nPLx,UCx\n\nVideo-ID,Hinzugefügt\nbbbbbbbbbbb,2021-05-01 12:00:00 UTC\n",
		},
		"takeout, newer": {
			"Takeout/YouTube and YouTube Music/playlists/Liked videos.csv":   "Video ID,Playlist Video Creation Timestamp\ntliked00001,2023-05-05T05:05:05+02:00\n",
			"Takeout/YouTube and YouTube Music/playlists/Recipes-videos.csv": "Video ID,Playlist Video Creation Timestamp\nrecipe00001,2023-05-05T05:05:05+00:00\n",
			"Takeout/archive_browser.html":                                   "<html></html>",
		},
		"jsonl": {"likes.jsonl": ownLine + "\n\n" + `{"user":"me","service":"stackexchange","network":"stackexchange/7:site","account":"7","id":"1","url":"https://example.org/1","title":"Q","likedAtSource":"api","likedAt":"2026-01-02T03:04:05.678Z","tags":[]}` +
			"\n{broken\n" + `{"service":"github","network":"github/octocat","account":"octocat","id":"2","url":"https://example.org/2","likedAt":null,"removedAt":"2026-01-01T00:00:00Z"}` + "\n" +
			`{"service":"github","network":"github/octocat","account":"hubot","id":"3","url":"https://example.org/3"}`},
		"csv": {"likes.csv": "user,service,network,account,id,url,title,text,author_name,author_url,kind,tags,language,private,createdAt,likedAt,likedAtSource,firstSeenAt,removedAt,removedBecause\n" +
			"me,github,github/octocat,octocat,1,https://example.org/1,'=1+1,\"''tis\nso\",ada,https://example.org/ada,repository,go db,Go,true,2020-01-01T00:00:00Z,2026-01-02T03:04:05.678Z,api,2026-01-03T00:00:00Z,,\n"},
	}
}

const ownLine = `{"user":"anna","service":"github","network":"github/octocat","account":"octocat","id":"1","url":"https://example.org/1","title":"raft","text":"two\nlines","author":{"name":"ada","url":"https://example.org/ada","avatar":"https://example.org/a.png"},"image":"https://example.org/i.png","kind":"repository","tags":["go","db"],"language":"Go","private":true,"createdAt":"2020-01-01T00:00:00Z","likedAt":"2026-01-02T03:04:05.678Z","likedAtSource":"order","firstSeenAt":"2026-01-03T00:00:00Z","removedAt":null,"removedBecause":""}`

const bookmarkFile = `<!DOCTYPE NETSCAPE-Bookmark-file-1>
<!-- This is an automatically generated file. -->
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">
<TITLE>Bookmarks</TITLE>
<H1>Bookmarks Menu</H1>
<DL><p>
    <DT><H3 ADD_DATE="1" PERSONAL_TOOLBAR_FOLDER="true">Bookmarks Toolbar</H3>
    <DD>The toolbar
    <DL><p>
        <DT><A HREF="https://example.org/raft?a=1&amp;b=2" ADD_DATE="1700000000" LAST_MODIFIED="1700000009" ICON="data:image/png;base64,AAAA" TAGS="go,Distributed  Systems" PRIVATE="1">Raft &amp; friends</A>
        <DD>A note about
consensus
        <DT><H3>To Read</H3>
        <DL><p>
            <DT><A HREF="https://example.org/paxos" ADD_DATE="1700000001000000">Paxos <b>made</b> simple</A>
            <DT><A HREF="javascript:alert(1)">bookmarklet</A>
            <DT><A HREF="place:sort=8">Most visited</A>
            <DT><A HREF="https://">broken</A>
            <HR>
        </DL><p>
        <DT><A HREF="http://example.org/" ADD_DATE="0">Example</A>
    </DL><p>
    <DT><A HREF="https://example.org/last">Last
</DL>
`
