package notify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"sync"
	"time"

	"github.com/nicholas-fedor/shoutrrr/pkg/services/email/smtp"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"

	"collector/fetch"
)

// patience is how long one message may take at one address.
const patience = 30 * time.Second

// Failure is why a message was not sent, in words that hold no part of the address.
type Failure struct{ Reason, Whose, Next string }

func (f *Failure) Error() string { return f.Reason }

// Sender sends messages. The calls of the library go out through the address guard.
type Sender struct {
	out *fetch.Outside

	mu      sync.Mutex
	mailing map[string]bool // addresses whose server has not ended a mail
}

// NewSender returns a sender.
func NewSender(out *fetch.Outside) *Sender {
	return &Sender{out: out, mailing: map[string]bool{}}
}

// Send sends one message to one address, within half a minute. The error is a *Failure,
// or that of ctx.
func (s *Sender) Send(ctx context.Context, a Address, m Message) error {
	own, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	send := s.call
	if a.service == "smtp" {
		send = s.mail
	}
	err := send(own, a, m)
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// call sends over HTTP.
func (s *Sender) call(ctx context.Context, a Address, m Message) error {
	v, err := s.out.Do(ctx, func() error {
		service, err := a.locate()
		if err != nil {
			return err
		}
		lend(service)
		return hand(service, a, m)
	})
	return judge(v, err)
}

// lend has a service use net/http's own transport, which is the guarded one then, where
// it brought another.
func lend(service types.Service) {
	switch s := service.(type) {
	case interface{ SetHTTPClient(client *http.Client) }:
		s.SetHTTPClient(&http.Client{})
	case interface{ GetHTTPClient() *http.Client }:
		if c := s.GetHTTPClient(); c != nil {
			c.Transport = nil
		}
	}
}

// hand gives the message to the library.
func hand(service types.Service, a Address, m Message) (err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("the library broke off")
		}
	}()
	if services[a.service] {
		return service.Send(m.Body, &types.Params{types.TitleKey: m.Title})
	}
	return service.Send(m.Title+"\n\n"+m.Body, &types.Params{})
}

// What a failure advises.
const (
	nextAddress = "mend the address in COLLECTOR_NOTIFY or its file; docs/NOTIFICATIONS.md has examples"
	nextNothing = "see that the service runs and can be reached from here; a running collector tries again for half a day"
)

// judge says how it went: by the calls that were made, since the library takes some
// failures for success.
func judge(v fetch.Visit, err error) error {
	code := func(words string) string { return fmt.Sprintf("it answered %d: %s", v.Status, words) }
	switch {
	case v.Denied:
		return &Failure{"its server may not be called: " + v.Why, "you", "list the server in COLLECTOR_ALLOW_PRIVATE, if you trust it"}
	case v.Why != "":
		return &Failure{v.Why, "the service or the network", nextNothing}
	case v.Status == http.StatusUnauthorized, v.Status == http.StatusForbidden:
		return &Failure{code("the token or password in the address is not accepted"), "you", nextAddress}
	case v.Status == http.StatusNotFound, v.Status == http.StatusGone:
		return &Failure{code("there is no such topic, channel or webhook"), "you", nextAddress}
	case v.Status == http.StatusTooManyRequests:
		return &Failure{code("too many messages"), "nobody", nextNothing}
	case v.Status >= 500:
		return &Failure{code("the service has a failure"), "the service", nextNothing}
	case v.Status >= 400:
		return &Failure{code("the message is not accepted"), "you, or collector", nextAddress}
	case v.Status >= 300:
		return &Failure{code("redirects are not followed"), "you", "write the address that it leads to"}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return &Failure{"it did not answer in time", "the service or the network", nextNothing}
	case v.Calls == 0: // also where the library saw no reason to complain
		return &Failure{"the address is not understood", "you", nextAddress}
	case err != nil:
		return &Failure{code("it refuses the message; the channel, chat or token may be wrong"), "you", nextAddress}
	}
	return nil
}

// mail sends by a mail server. The library cannot be stopped while the server is silent:
// then it is left alone, and that address waits for it.
func (s *Sender) mail(ctx context.Context, a Address, m Message) error {
	service, err := a.locate()
	if err != nil {
		return &Failure{err.Error(), "you", nextAddress}
	}
	mailer, ok := service.(*smtp.Service)
	if !ok {
		return &Failure{"the library has no mail", "collector", "report it with this text"}
	}
	if err := s.out.Mail(ctx, mailer.Config.Host, mailer.Config.Port); err != nil {
		return &Failure{"its server may not be used: " + err.Error(), "you", "mend the address, or list its server in COLLECTOR_ALLOW_PRIVATE, if you trust it"}
	}
	s.mu.Lock()
	busy := s.mailing[a.Name]
	s.mailing[a.Name] = true
	s.mu.Unlock()
	if busy {
		return &Failure{"its server has not answered the last message", "the service", nextNothing}
	}
	ended := make(chan error, 1)
	go func() {
		err := hand(service, a, m)
		s.mu.Lock()
		s.mailing[a.Name] = false
		s.mu.Unlock()
		ended <- err
	}()
	select {
	case err := <-ended:
		return judgeMail(err)
	case <-ctx.Done():
		return &Failure{"its server did not answer in time", "the service or the network", nextNothing}
	}
}

// judgeMail reads what a mail server answered (RFC 5321, section 4.2; RFC 4954).
func judgeMail(err error) error {
	if err == nil {
		return nil
	}
	said, ok := errors.AsType[*textproto.Error](err)
	if !ok {
		return &Failure{"its server: " + fetch.NoAnswer(err), "the service or the network", nextNothing}
	}
	code := func(words string) string { return fmt.Sprintf("its server answered %d: %s", said.Code, words) }
	switch said.Code {
	case 530, 534, 535, 538:
		return &Failure{code("the user or password in the address is not accepted"), "you", nextAddress}
	}
	if said.Code >= 500 {
		return &Failure{code("it does not take the sender, the receiver or the message"), "you", nextAddress}
	}
	return &Failure{code("not now"), "the service", nextNothing}
}
