package site

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"collector/control"
	"collector/grant"
	"collector/store"
	"collector/web"
)

const (
	beatEvery    = 20 * time.Second // how often a stream shows that it lives, and a page is read anew for its clocks
	workersEvery = 5 * time.Second  // how often the page of workers is read anew
	writeFor     = 10 * time.Second // how long a line may take to be sent
)

// streaming answers live updates, as Server-Sent Events: "event" is a line of the activity, "new" how many
// likes are new, "changed" says that the page is to be read anew. No line tells how a run
// ended: where only that is shown, the page is read anew from time to time.
func (s *site) streaming() []route {
	return []route{{"GET /stream", grant.Read, (*visit).stream}}
}

// liveStream is a stream that has begun.
type liveStream struct {
	*visit
	out   *http.ResponseController
	needs grant.Scope
}

func (v *visit) stream() error {
	l := &liveStream{v, http.NewResponseController(v.w), grant.Read}
	q := v.r.URL.Query()
	w := &watcher{user: v.whose(), wants: control.WantedChanges(q.Get("account"), ""), changed: make(chan struct{}, 1)}
	switch of := q.Get("of"); of {
	case "activity":
		if w.wants = control.WantedChanges(q.Get("account"), q.Get("kind")); control.InLog(q.Get("kind")) {
			w.lines = make(chan liveLine, mostWaiting)
		}
	case "workers":
		if l.needs = grant.Admin; !v.who.May(l.needs) {
			return mayNot(l.needs)
		}
		if l.begin(); l.headAlone() {
			return nil
		}
		return l.clock()
	case "likes":
		w.wants, w.news = newOnes, new(news)
	case "accounts":
	default:
		return wrong("name one of activity, workers, accounts, likes", "there is no such stream")
	}
	if l.headAlone() {
		l.begin()
		return nil
	}
	var err error
	if w.since, err = v.since(); err != nil {
		return err
	}
	if err := v.hub.join(v.ctx(), w); err != nil {
		return err
	}
	defer v.hub.leave(w)
	missed := v.missedSome
	if w.news != nil {
		missed = v.missedNew
	}
	if err := missed(w); err != nil {
		return err
	}
	l.begin()
	l.follow(w)
	return nil
}

// headAlone says that nobody would take what is streamed.
func (l *liveStream) headAlone() bool { return l.r.Method == http.MethodHead }

// since is the last change that is known where the stream is read: that of the page, or the last
// one that the stream before this one told of; below 0 where nobody says.
func (v *visit) since() (int64, error) {
	from := cmp.Or(v.r.Header.Get("Last-Event-ID"), v.r.URL.Query().Get("since"))
	if from == "" {
		return -1, nil
	}
	n, err := strconv.ParseInt(from, 10, 64)
	if err != nil || n < 0 {
		return 0, wrong("read the page again", "the number that the stream is to go on from is none")
	}
	return n, nil
}

// missedSome notes whether the log went on since then.
func (v *visit) missedSome(w *watcher) error {
	if w.since < 0 {
		return nil
	}
	list, err := v.Panel.Store.Changes(v.ctx(), w.user, w.since, 1)
	if err != nil && !errors.Is(err, store.ErrGone) {
		return err
	}
	if err != nil || len(list) > 0 {
		w.miss()
	}
	return nil
}

// begin sends the head. Each piece that follows has a deadline of its own.
func (l *liveStream) begin() {
	l.begun = true
	h := l.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // a proxy is not to gather lines
	l.w.WriteHeader(http.StatusOK)
}

// follow sends what a watcher is told until the stream ends: who looks goes, is not signed
// in any more or takes nothing, or the server stops.
func (l *liveStream) follow(w *watcher) {
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	text := ": it lives\nretry: 3000\n\n"
	for l.send(text) {
		select {
		case <-l.ctx().Done():
			return
		case <-web.Stopping(l.ctx()):
			return
		case n := <-w.lines:
			text = fmt.Sprintf("id: %d\nevent: event\ndata: %s\n\n", n.seq, n.html)
		case <-w.changed:
			if text = changedEvent; w.news != nil {
				text = w.news.text()
			}
		case <-beat.C:
			if !l.stillMay() {
				return
			}
			if text = ": it lives\n\n"; w.lines == nil && w.news == nil {
				text = changedEvent
			}
		}
	}
}

// changedEvent has data, since browsers drop events without.
const changedEvent = "event: changed\ndata: -\n\n"

// clock has a page read anew from time to time.
func (l *liveStream) clock() error {
	tick := time.NewTicker(workersEvery)
	defer tick.Stop()
	for text := ": it lives\nretry: 3000\n\n"; l.send(text); text = changedEvent {
		select {
		case <-l.ctx().Done():
			return nil
		case <-web.Stopping(l.ctx()):
			return nil
		case <-tick.C:
		}
		if !l.stillMay() {
			return nil
		}
	}
	return nil
}

// stillMay says whether who watches is still let in. A store that does not answer now
// puts nobody out.
func (l *liveStream) stillMay() bool {
	who, err := l.Identify.Ask(l.r)
	if err != nil {
		return !errors.Is(err, web.ErrSignIn)
	}
	return who.User == l.who.User && who.May(l.needs)
}

// send writes a piece at once, or says that nobody takes it.
func (l *liveStream) send(text string) bool {
	if err := l.out.SetWriteDeadline(time.Now().Add(writeFor)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return false
	}
	if _, err := l.w.Write([]byte(text)); err != nil {
		return false
	}
	return l.out.Flush() == nil
}
