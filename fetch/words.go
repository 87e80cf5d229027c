package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	"collector/fault"
)

const (
	nextWait    = "nothing: the collector tries again"
	nextPrivate = "if the server is in your own network, list it in COLLECTOR_ALLOW_PRIVATE"
)

// broken classifies the failure of a call without an answer. Its text is made
// of our own words and the host alone: the wire's own errors hold addresses,
// queries and whatever a server wrote. cause is why the call's context ended.
func broken(err, cause error, to target) *fault.Error {
	say := func(kind fault.Kind, whose, reason, next string) *fault.Error {
		return &fault.Error{Kind: kind, Whose: whose, Reason: reason, Next: next}
	}
	host := cut(strings.TrimPrefix(strings.TrimPrefix(to.origin, "https://"), "http://"))
	temporary := func(reason string) *fault.Error { return say(fault.Temporary, host, reason, nextWait) }
	malformed := func(reason string) *fault.Error {
		return say(fault.Malformed, host, reason, "report it with the output of collector explain")
	}
	var dns *net.DNSError
	var missing noFieldError
	var header tls.RecordHeaderError
	var alert tls.AlertError
	var timeout net.Error
	switch {
	case errors.As(err, &missing):
		return say(fault.Unauthorized, "you", missing.Error(), "collector connect, with the complete credential")
	case errors.Is(err, errForeign):
		return malformed(errForeign.Error())
	case errors.Is(err, errBusy), errors.Is(cause, errBusy):
		return &fault.Error{Kind: fault.RateLimited, Busy: true, Whose: "this computer", Reason: "the memory for replies is in use by others"}
	case errors.Is(err, errTooLarge), errors.Is(err, errEncoding), errors.Is(err, errPacked):
		return malformed(host + " answered, but " + innermost(err, errTooLarge, errEncoding, errPacked))
	case errors.Is(err, errSlow), errors.Is(cause, errSlow):
		return temporary(host + " sends its answer too slowly: the first MiB took longer than 30 s")
	case errors.Is(cause, errTotal):
		return temporary(host + " did not finish its answer within 60 s")
	case errors.Is(err, context.Canceled), cause != nil:
		e := temporary("the call to " + host + " was given up before its answer")
		e.Whose, e.Err = "nobody", quietCause{context.Canceled}
		return e
	case errors.As(err, &dns) && dns.IsNotFound:
		return temporary("there is no server with the name " + hostOnly(host))
	case errors.As(err, &dns):
		e := temporary("the address of " + hostOnly(host) + " could not be looked up")
		e.Whose = "the network"
		return e
	case errors.Is(err, errDenied), refused(err):
		e := temporary("no connection to " + host + " could be made")
		if to.own {
			e.Next = nextWait + "; " + nextPrivate
		}
		return e
	case certificate(err) != "":
		return temporary("the certificate of " + host + " cannot be trusted: " + certificate(err))
	case errors.As(err, &header), errors.As(err, &alert), strings.Contains(err.Error(), "tls: "), strings.Contains(err.Error(), "HTTP response to HTTPS client"):
		return temporary("no encrypted connection to " + host + " could be made")
	case strings.Contains(err.Error(), "server response headers exceeded"), strings.Contains(err.Error(), "too many 1xx"), strings.Contains(err.Error(), "header list"):
		return malformed(host + " answered with more than 64 KiB of headers")
	case strings.Contains(err.Error(), "Location header"):
		return malformed(host + " redirects to something that is no address")
	case strings.Contains(err.Error(), "timeout awaiting response headers"), strings.Contains(err.Error(), "timeout awaiting headers"):
		return temporary(host + " did not begin to answer within 15 s")
	case errors.As(err, &timeout) && timeout.Timeout():
		return temporary("no connection to " + host + " could be made within 10 s")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return temporary(host + " closed the connection before its answer was complete")
	case strings.Contains(err.Error(), "malformed HTTP"):
		return temporary(host + " answered with something that is not HTTP")
	}
	return temporary("the connection to " + host + " failed")
}

// quietCause lets errors.Is find a cause whose text is not printed.
type quietCause struct{ error }

func (quietCause) Error() string   { return "" }
func (q quietCause) Unwrap() error { return q.error }

// refused says that a connection was not taken: nothing was sent. Systems have
// many errors for it, and their own numbers.
func refused(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect") && !op.Timeout()
}

// certificate says what is wrong with one, "" if that is not what failed.
func certificate(err error) string {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var verify *tls.CertificateVerificationError
	switch {
	case errors.As(err, &unknown):
		return "nobody known has signed it"
	case errors.As(err, &name):
		return "it is for another name"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "it has expired, or this computer's clock is wrong"
	case errors.As(err, &invalid), errors.As(err, &verify):
		return "it is not valid"
	}
	return ""
}

func innermost(err error, known ...error) string {
	for _, k := range known {
		if errors.Is(err, k) {
			return k.Error()
		}
	}
	return ""
}

func hostOnly(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return hostport
}
