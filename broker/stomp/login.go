package stomp

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"collector/broker/stomp/frame"
)

// wrongLogin is how long a refused login waits for its answer, so that guessing takes long.
const wrongLogin = time.Second

// login opens the session (1.2, Connecting). Any host is taken: there is one broker here.
func (c *session) login(f *frame.Frame) error {
	if f.Command != frame.Connect && f.Command != frame.Stomp {
		return refuse(f, "not connected", "the first frame is CONNECT or STOMP, not %s", f.Command)
	}
	accept, sent := f.Get("accept-version")
	version, ok := frame.Negotiate(accept, sent)
	if !ok {
		return &refusal{message: "version not supported", detail: "this server speaks " + frame.Supported(), frame: f, version: true}
	}
	if version == frame.V10 {
		f.Trim()
	}
	outgoing, incoming, ok := heartbeats(f, c.o.Heartbeat)
	if !ok {
		return refuse(f, "malformed heart-beat", "heart-beat is two numbers of milliseconds with a comma between them, such as 10000,10000")
	}
	rights := Everything()
	c.user = f.Value("login")
	if c.o.Login != nil {
		var err error
		if rights, err = c.o.Login(c.ctx, c.user, f.Value("passcode")); err != nil {
			return c.refuseLogin(f, err)
		}
	}
	c.rights, c.version, c.incoming, c.since = rights, version, incoming, c.o.Now()
	c.enter(c)
	c.in.Speak(version, c.o.Limits)
	answer := frame.Frame{Command: frame.Connected}
	answer.Add("version", version.String())
	answer.Add("session", c.id)
	answer.Add("server", c.o.Name)
	if version != frame.V10 {
		shortest := strconv.FormatInt(c.o.Heartbeat.Milliseconds(), 10)
		answer.Add("heart-beat", shortest+","+shortest)
	}
	if c.user != "" {
		answer.Add("user-name", c.user)
	}
	c.log.Debug("a STOMP session began", "user", c.user, "version", version)
	c.batch.answers = answer.Append(c.batch.answers, version)
	if outgoing > 0 {
		c.startBeating(outgoing)
	}
	return nil
}

func (c *session) refuseLogin(f *frame.Frame, err error) error {
	if !errors.Is(err, ErrLogin) {
		return refuse(f, "login failed", "%s", err)
	}
	select {
	case <-time.After(wrongLogin):
	case <-c.ctx.Done():
	}
	c.log.Warn("a STOMP login was refused", "user", c.user)
	return refuse(f, "login refused", "%s", ErrLogin)
}

// heartbeats returns how often this side and the client send something, 0 for never (1.2,
// Heart-beating). The server can do either as often as shortest says.
func heartbeats(f *frame.Frame, shortest time.Duration) (outgoing, incoming time.Duration, ok bool) {
	text, sent := f.Get("heart-beat")
	if !sent {
		return 0, 0, true
	}
	can, wants, ok := strings.Cut(text, ",")
	if incoming, ok = milliseconds(can, shortest, ok); ok {
		outgoing, ok = milliseconds(wants, shortest, ok)
	}
	return outgoing, incoming, ok
}

// milliseconds is at least the shortest time unless it is 0, and at most a day.
func milliseconds(text string, shortest time.Duration, ok bool) (time.Duration, bool) {
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 31)
	if err != nil || !ok {
		return 0, false
	}
	if n == 0 {
		return 0, true
	}
	return min(max(time.Duration(n)*time.Millisecond, shortest), 24*time.Hour), true
}
