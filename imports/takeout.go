package imports

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"collector/item"
)

// Google Takeout holds each playlist of YouTube as a CSV file whose name, folder and
// column names are in the language of the account. Two layouts are known. In the older
// one a table of one row describes the playlist (its id first) and a second one lists
// videos: id and time. In the newer one there is only the second table. A playlist is
// known by its columns: 11 characters of an id, and a time. The videos that one liked
// are the playlist whose id begins with LL; where no file says its id, the one that is
// called so in English, or the only playlist there is.

func takeout() Format {
	return Format{
		Name: "takeout", Title: "a Google Takeout export of YouTube",
		Find: findLiked, Read: readTakeout,
	}
}

var (
	videoID = regexp.MustCompile(`^[A-Za-z0-9_-]{11}$`)
	likedID = regexp.MustCompile(`^LL([A-Za-z0-9_-]{22})?$`)
)

// video reads a row of a list of videos.
func video(cells []string) (id string, added time.Time, ok bool) {
	if len(cells) < 2 || !videoID.MatchString(strings.TrimSpace(cells[0])) {
		return "", time.Time{}, false
	}
	added = stamp(cells[1])
	return strings.TrimSpace(cells[0]), added, !added.IsZero()
}

// findLiked finds the list of liked videos among the playlists.
func findLiked(parts []Part) ([]Part, error) {
	var playlists, liked, called []Part
	for _, p := range parts {
		if !p.has(".csv") {
			continue
		}
		id, is := playlist(p)
		switch {
		case !is:
		case likedID.MatchString(id):
			liked = append(liked, p)
		case id == "":
			playlists = append(playlists, p)
			if name := strings.ToLower(p.Base()); name == "liked videos.csv" || name == "liked videos-videos.csv" {
				called = append(called, p)
			}
		}
	}
	switch {
	case len(liked) > 0:
		return liked, nil
	case len(called) > 0:
		return called, nil
	case len(playlists) < 2:
		return playlists, nil
	}
	var names []string
	for _, p := range playlists {
		names = append(names, p.Base())
	}
	return nil, fmt.Errorf("%w: no file says that it is the list of liked videos; there are %s", ErrWhich, strings.Join(names, ", "))
}

// playlist tells whether a part lists videos, and the id of the playlist where it
// says one.
func playlist(p Part) (id string, is bool) {
	r := newCSV(strings.NewReader(p.head()))
	for range 20 {
		cells, err := r.Read()
		if err != nil {
			return "", false
		}
		if _, _, ok := video(cells); ok {
			return id, true
		}
		if first := strings.TrimSpace(cells[0]); likedID.MatchString(first) || strings.HasPrefix(first, "PL") || first == "WL" || strings.HasPrefix(first, "FL") {
			id = first
		}
	}
	return "", false
}

func readTakeout(_ context.Context, parts []Part, fn func(Entry) error) error {
	for _, p := range parts {
		if err := readPlaylist(p, fn); err != nil {
			return err
		}
	}
	return nil
}

func readPlaylist(p Part, fn func(Entry) error) error {
	list := List{Service: "youtube"}
	in, err := p.Open()
	if err != nil {
		return fn(failed(list, p.Name, "%w", err))
	}
	defer in.Close() // it was only read
	feed := &rationed{r: text(in, ""), most: longest}
	rows := newCSV(feed)
	begun := false
	for {
		feed.next()
		cells, err := rows.Read()
		var row *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &row):
			if err := fn(failed(list, fmt.Sprintf("%s, line %d", p.Base(), row.StartLine), "this is no row of a table: %w", row.Err)); err != nil {
				return err
			}
			continue
		case err != nil:
			return fn(failed(list, p.Base(), "from here on it cannot be read: %w", err))
		}
		line, _ := rows.FieldPos(0)
		id, added, ok := video(cells)
		if begun = begun || ok; !begun {
			continue // what describes the playlist
		}
		e := Entry{List: list, Where: fmt.Sprintf("%s, line %d", p.Base(), line)}
		if ok {
			e.Item = item.Item{ID: id, URL: "https://www.youtube.com/watch?v=" + id, Kind: "video", LikedAt: added, LikedFrom: item.FromAPI, Bare: true}
		} else {
			e.Err = fmt.Errorf("this is not the id of a video and a time")
		}
		if err := fn(e); err != nil {
			return err
		}
	}
}
