//go:build e2e

package e2e

import (
	"net/http"
	"strings"
	"testing"

	"collector/e2e/recording"
	"collector/e2e/replay"
)

const (
	starredMusic = "/rest/getStarred2.view"
	playlist     = "/youtube/v3/playlistItems"
	ratings      = "/youtube/v3/videos/getRating"
	savedTracks  = "/v1/me/tracks"
	lovedTracks  = "/2.0/"
)

// nameless answers who the account is with a plain 404, where nobody recorded an
// answer: the name that the user gave stands then.
func nameless(path string) replay.Rule {
	return replay.Rule{Path: path, Reply: recording.Exchange{File: "nobody recorded " + path, URL: "https://server.example" + path, Status: http.StatusNotFound}}
}

// notUnderstood starts a daemon whose list is answered with what is no list from the
// first page on: it must be called malformed, and never an empty list.
func (r *rig) notUnderstood() {
	r.t.Helper()
	d := r.program.start(r.t)
	s := r.until("not understood", func(s standing) bool { return s.fault() == "malformed" || s.Items > 0 || s.Mode == "normal" })
	if s.Items != 0 || s.Mode != "initial" || s.Error == nil || s.Error.Text == "" {
		r.t.Errorf("half mapped, or taken for an empty list: %+v", s)
	}
	r.ends(d, 0)
}

// subsonic connects a music server that answers its list as given.
func (r *rig) subsonic(list replay.Rule) {
	r.t.Helper()
	list.Path = starredMusic
	r.server.Rules(nameless("/rest/getUser.view"), list)
}

func subsonicReplays(t *testing.T, lib *library, bin string) {
	const tape = "recorded-supysonic"
	const asList = "in place of the list of stars"
	connect := func(r *rig) {
		r.t.Helper()
		r.program.must(r.t, `{"identifier":"alice","appPassword":"invented-token"}`, "connect", "subsonic", "--server", r.server.URL, "--name", "alice", "--token-stdin")
	}
	for number, what := range map[int]string{7: "the list of stars", 12: "the list of stars, asked for in a version that does not exist"} {
		t.Run("subsonic: "+what, func(t *testing.T) {
			t.Parallel()
			r := lib.rig(t, "subsonic", bin)
			r.subsonic(replay.Rule{Reply: r.reply(tape, number, what)})
			connect(r)
			d := r.program.start(t)
			r.until("the recorded stars", func(s standing) bool { return s.Items == 4 && s.Mode == "normal" && s.Condition == "ok" })
			kinds := map[string]int{}
			for _, l := range r.ends(d, 4) {
				kinds[l.Kind]++
				if l.Title == "" || !strings.HasPrefix(l.URL, r.server.URL+"/") || l.Author.Name == "" || l.LikedAt == nil || l.LikedAtSource != "api" {
					t.Errorf("half mapped: %+v", l)
				}
			}
			if kinds["song"] != 3 || kinds["album"] != 1 {
				t.Errorf("%v", kinds)
			}
		})
	}
	for _, c := range []struct {
		refusal
		what string
	}{
		{refusal{name: "a list in XML", number: 8, conditions: "failing|needs a person", fault: "malformed"}, asList},
		{refusal{name: "a list as a script", number: 9, conditions: "failing|needs a person", fault: "malformed"}, asList},
		{refusal{name: "a wrong password", number: 10, conditions: "failing|needs sign-in", fault: "unauthorized"}, "as recorded: an error inside a 200"},
		{refusal{name: "an error without a number", number: 11, conditions: "failing|needs a person", fault: "malformed"}, asList},
		{refusal{name: "an answer without a list", number: 0, conditions: "failing|needs a person", fault: "malformed"}, asList},
		{refusal{name: "what was found", number: 1, conditions: "failing|needs a person", fault: "malformed"}, asList},
		{refusal{name: "albums", number: 2, conditions: "failing|needs a person", fault: "malformed"}, asList},
	} {
		t.Run("subsonic: "+c.name, func(t *testing.T) {
			t.Parallel()
			r := lib.rig(t, "subsonic", bin)
			r.subsonic(replay.Rule{Reply: r.reply(tape, 7, "the list of stars")})
			connect(r)
			d := r.program.start(t)
			r.until("the recorded stars", func(s standing) bool { return s.Items == 4 && s.Mode == "normal" && s.Condition == "ok" })
			r.subsonic(replay.Rule{Reply: r.reply(tape, c.number, c.what)})
			r.refused(d, c.refusal)
			r.ends(d, 4)
		})
	}
}

// status gives a recorded body, which was kept without it, the status that it names.
func status(code int) func(recording.Exchange) recording.Exchange {
	return func(e recording.Exchange) recording.Exchange {
		e.Status = code
		return e
	}
}

func youtubeReplays(t *testing.T, lib *library, bin string) {
	const ofPlaylist = "recorded for a playlist of a channel: the same objects and paging"
	pages := func(r *rig) []replay.Rule {
		return []replay.Rule{
			nameless("/youtube/v3/channels"),
			{Path: playlist, Query: map[string]string{"pageToken": ""}, Reply: r.reply("python-youtube-playlist_items_paged_1", 0, ofPlaylist)},
			{Path: playlist, Query: map[string]string{"pageToken": "CAoQAA"}, Reply: r.reply("python-youtube-playlist_items_paged_2", 0, ofPlaylist)},
		}
	}
	connect := func(r *rig) *daemon {
		r.t.Helper()
		r.program.must(r.t, "invented-token", "connect", "youtube", "--name", "ada", "--token-stdin")
		return r.program.start(r.t)
	}
	collected := func(r *rig, n int) {
		r.t.Helper()
		r.until("the recorded videos", func(s standing) bool { return s.Items == n && s.Mode == "normal" && s.Condition == "ok" })
	}
	t.Run("youtube: two pages", func(t *testing.T) {
		t.Parallel()
		r := lib.rig(t, "youtube", bin)
		r.server.Rules(pages(r)...)
		d := connect(r)
		collected(r, 13)
		for _, l := range r.ends(d, 13) {
			if l.Title == "" || l.Text == "" || !strings.HasPrefix(l.URL, "https://www.youtube.com/watch?v=") || l.LikedAt == nil || l.LikedAtSource != "api" {
				t.Errorf("half mapped: %+v", l)
			}
		}
	})
	t.Run("youtube: a video that is liked no longer", func(t *testing.T) {
		t.Parallel()
		r := lib.rig(t, "youtube", bin)
		r.server.Rules(nameless("/youtube/v3/channels"), replay.Rule{Path: playlist, Reply: r.reply("python-youtube-playlist_items_single", 0, ofPlaylist)})
		d := connect(r)
		collected(r, 1)
		gone := r.program.export(t)[0].ID
		r.server.Rules(append(pages(r), replay.Rule{Path: ratings, Reply: r.reply("python-youtube-get_rating_response", 0, "the answer for another video: it is not liked")})...)
		r.program.must(t, "", "sync", "--full", "--all")
		eventually(t, "the video taken as gone", func() string {
			if removed := r.program.must(t, "", "export", "--query", "is:removed"); strings.Contains(removed, `"`+gone+`"`) {
				return ""
			}
			_, all := r.program.status(t)
			return all
		})
		r.ends(d, 13)
	})
	for _, c := range []struct {
		refusal
		status int
	}{
		{refusal{name: "a permission that is missing", file: "python-youtube-error_permission_resp", conditions: "needs scope|failing", fault: "forbidden"}, 403},
		{refusal{name: "a key that is not valid", file: "python-youtube-error_response.json", conditions: "needs sign-in|failing", fault: "unauthorized"}, 400},
		{refusal{name: "ratings in place of videos", file: "python-youtube-get_rating_response", conditions: "failing|needs a person", fault: "malformed"}, 200},
	} {
		t.Run("youtube: "+c.name, func(t *testing.T) {
			t.Parallel()
			r := lib.rig(t, "youtube", bin)
			r.server.Rules(pages(r)...)
			d := connect(r)
			collected(r, 13)
			r.server.Rules(nameless("/youtube/v3/channels"), replay.Rule{Path: playlist, Reply: r.reply(c.file, 0, "in place of the list, with the status that its body names"), Edit: status(c.status)})
			r.refused(d, c.refusal)
			r.ends(d, 13)
		})
	}
}

func spotifyReplays(t *testing.T, lib *library, bin string) {
	const ofPlaylist = "recorded for a playlist: the same objects and paging"
	rules := func(r *rig, list replay.Rule) {
		list.Path = savedTracks
		r.server.Rules(nameless("/v1/me"), list)
	}
	connect := func(r *rig) *daemon {
		r.t.Helper()
		r.program.must(r.t, "invented-token", "connect", "spotify", "--name", "ada", "--token-stdin")
		return r.program.start(r.t)
	}
	whole := func(t *testing.T, lines []line) {
		t.Helper()
		for _, l := range lines {
			if l.Title == "" || l.Author.Name == "" || !strings.HasPrefix(l.URL, "https://open.spotify.com/track/") || l.LikedAt == nil || l.LikedAtSource != "api" {
				t.Errorf("half mapped: %+v", l)
			}
		}
	}
	t.Run("spotify: tracks", func(t *testing.T) {
		t.Parallel()
		r := lib.rig(t, "spotify", bin)
		rules(r, replay.Rule{Reply: r.reply("zmb3-spotify-playlist_items_tracks", 0, ofPlaylist)})
		d := connect(r)
		r.until("the recorded tracks", func(s standing) bool { return s.Items == 2 && s.Mode == "normal" && s.Condition == "ok" })
		whole(t, r.ends(d, 2))
	})
	t.Run("spotify: a list that says that more follows, and that it is all", func(t *testing.T) {
		t.Parallel()
		r := lib.rig(t, "spotify", bin)
		rules(r, replay.Rule{Reply: r.reply("zmb3-spotify-current_users_tracks", 0, "the list of saved tracks, edited by its author: it names a next page that is not there")})
		d := connect(r)
		s := r.until("the first page, and that the next one is none", func(s standing) bool { return s.Items == 3 && s.fault() == "malformed" })
		if s.Mode != "initial" {
			t.Errorf("taken for the end of the list: %+v", s)
		}
		whole(t, r.ends(d, 3))
	})
	t.Run("spotify: albums in place of tracks", func(t *testing.T) {
		t.Parallel()
		r := lib.rig(t, "spotify", bin)
		rules(r, replay.Rule{Reply: r.reply("zmb3-spotify-playlist_items_tracks", 0, ofPlaylist)})
		d := connect(r)
		r.until("the recorded tracks", func(s standing) bool { return s.Items == 2 && s.Mode == "normal" && s.Condition == "ok" })
		rules(r, replay.Rule{Reply: r.reply("zmb3-spotify-current_users_albums", 0, "in place of the list of tracks")})
		r.refused(d, refusal{conditions: "failing|needs a person", fault: "malformed"})
		r.ends(d, 2)
	})
}

// lastfmReplays has one recording, in the form that the service writes where nobody
// asks for another.
func lastfmReplays(t *testing.T, lib *library, bin string) {
	t.Run("lastfm: a track in XML", func(t *testing.T) {
		t.Parallel()
		r := lib.rig(t, "lastfm", bin)
		track := r.reply("pylast-test_user_loved_in_track_info", 0, "in place of the list of loved tracks, for which JSON is asked")
		r.server.Rules(
			replay.Rule{Path: lovedTracks, Query: map[string]string{"method": "user.getlovedtracks"}, Reply: track},
			nameless(lovedTracks),
		)
		r.program.must(t, "invented-token", "connect", "lastfm", "--param", "user=ada", "--name", "ada", "--token-stdin")
		r.notUnderstood()
	})
}
