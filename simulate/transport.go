package simulate

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
)

// Transport returns a RoundTripper that serves requests by this Sim in the
// process, without sockets, so that virtual time passes (testing/synctest).
// Requests come from the address 192.0.2.1.
func (s *Sim) Transport() http.RoundTripper { return s.TransportFrom("192.0.2.1") }

// TransportFrom is Transport for a caller at another address.
func (s *Sim) TransportFrom(address string) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		host := r.URL.Host
		s.mu.Lock()
		service := s.serviceOf(host)
		foreign := "https://"+host == s.elsewhere || "http://"+host == s.elsewhere
		s.mu.Unlock()
		handler := s.Elsewhere()
		if service != "" {
			handler = s.Handler(service)
		} else if !foreign {
			s.mu.Lock()
			s.violate(s.receive("", r), Origin, "the name %q is looked up", host)
			s.mu.Unlock()
			return nil, noService(host)
		}
		ctx, cancel := context.WithCancel(r.Context())
		in := r.Clone(ctx)
		in.RemoteAddr = address + ":40000"
		in.RequestURI = r.URL.RequestURI()
		if in.Host == "" {
			in.Host = host
		}
		if in.Body == nil {
			in.Body = http.NoBody
		}
		p := newPipe(cancel)
		context.AfterFunc(ctx, func() { p.CloseWithError(context.Cause(ctx)) })
		go p.run(handler, in)
		select {
		case <-p.ready:
		case <-ctx.Done():
			p.CloseWithError(context.Cause(ctx))
			return nil, ctx.Err()
		}
		if p.err != nil {
			cancel()
			return nil, p.err
		}
		return &http.Response{
			Status: http.StatusText(p.status), StatusCode: p.status,
			Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Header: p.sent, Body: p.body, ContentLength: -1, Request: r,
		}, nil
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// pipe is a ResponseWriter whose other end is a response.
type pipe struct {
	*io.PipeWriter
	body   io.ReadCloser
	header http.Header

	once   sync.Once
	ready  chan struct{} // closed once status and headers, or err, are there
	status int
	sent   http.Header
	err    error
}

// closer ends the handler when the caller closes the body.
type closer struct {
	*io.PipeReader
	cancel context.CancelFunc
}

func (c closer) Close() error {
	c.cancel()
	return c.PipeReader.Close()
}

func newPipe(cancel context.CancelFunc) *pipe {
	r, w := io.Pipe()
	return &pipe{PipeWriter: w, body: closer{r, cancel}, header: http.Header{}, ready: make(chan struct{})}
}

func (p *pipe) Header() http.Header { return p.header }

func (p *pipe) WriteHeader(status int) {
	p.once.Do(func() {
		p.status, p.sent = status, p.header.Clone()
		close(p.ready)
	})
}

func (p *pipe) Write(b []byte) (int, error) {
	p.WriteHeader(http.StatusOK)
	return p.PipeWriter.Write(b)
}

// Flush is here because streams call it; a pipe keeps nothing back.
func (p *pipe) Flush() { p.WriteHeader(http.StatusOK) }

// run lets a handler write. A handler that aborts breaks the connection: before
// the headers that is an error of the request, after them one of the body.
func (p *pipe) run(h http.Handler, r *http.Request) {
	defer func() {
		cause := error(nil)
		if v := recover(); v != nil {
			if err, ok := v.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
				panic(v) // a mistake of a handler must be seen
			}
			cause = io.ErrUnexpectedEOF
		}
		p.once.Do(func() {
			p.err, p.status, p.sent = cause, http.StatusOK, p.header.Clone()
			close(p.ready)
		})
		p.CloseWithError(cause)
	}()
	h.ServeHTTP(p, r)
}
