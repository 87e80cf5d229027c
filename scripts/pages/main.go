// Command pages shows the web pages as the tests fill them, so that somebody can look
// at them. It is no part of the product and reads no store.
//
// Usage, from the repository's root:
//
//	go run ./scripts/pages -listen 127.0.0.1:8766   serves them, with the headers of the product; / lists them
//	go run ./scripts/pages -out DIR                 writes them to a folder, with style, icons and scripts
//
// ?theme=dark and ?theme=light choose a theme, of which -out writes both; ?keys=off switches keys of one letter off.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"time"

	"collector/sonify"
	"collector/web/page"
	"collector/web/page/pagetest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "pages:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("pages", flag.ContinueOnError)
	listen := flags.String("listen", "", "address to serve the pages at")
	folder := flags.String("out", "", "folder to write the pages to")
	if err := flags.Parse(args); err != nil {
		return err
	}
	r, err := page.NewRenderer()
	if err != nil {
		return err
	}
	switch {
	case *folder != "":
		return write(r, *folder)
	case *listen != "":
		l, err := net.Listen("tcp", *listen)
		if err != nil {
			return fmt.Errorf("listening at %s: %w", *listen, err)
		}
		fmt.Fprintf(out, "http://%s/\n", l.Addr())
		return serve(ctx, l, handler(r))
	}
	return errors.New("give -listen ADDRESS or -out DIR")
}

func serve(ctx context.Context, l net.Listener, h http.Handler) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving the pages: %w", err)
	}
	return nil
}

// draw is one page in a theme, with keys of one letter or without.
func draw(r *page.Renderer, v page.View, theme page.Theme, keysOff bool) ([]byte, error) {
	copied := reflect.New(reflect.TypeOf(v)).Elem()
	copied.Set(reflect.ValueOf(v))
	if theme != page.System {
		copied.FieldByName("Theme").SetString(string(theme))
	}
	if keysOff {
		copied.FieldByName("KeysOff").SetBool(true)
	}
	themed, ok := copied.Interface().(page.View)
	if !ok {
		return nil, fmt.Errorf("%T is no view", v)
	}
	var b bytes.Buffer
	err := r.Render(&b, themed)
	return b.Bytes(), err
}

func handler(r *page.Renderer) http.Handler {
	mux := http.NewServeMux()
	show := func(w http.ResponseWriter, req *http.Request, v page.View) {
		b, err := draw(r, v, page.Theme(req.URL.Query().Get("theme")), req.URL.Query().Get("keys") == "off")
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		page.Headers(w.Header())
		_, _ = w.Write(b)
	}
	mux.Handle("GET /static/", r.Static())
	mux.HandleFunc("GET /{name}", func(w http.ResponseWriter, req *http.Request) {
		for _, p := range pagetest.All() {
			if p.Name != req.PathValue("name") {
				continue
			}
			show(w, req, p.View)
			return
		}
		http.NotFound(w, req)
	})
	mux.HandleFunc("GET /stream", func(w http.ResponseWriter, req *http.Request) { // one event of each kind, then silence
		line, err := r.Event(pagetest.Activity().Events[0])
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprintf(w, "event: event\ndata: %s\n\nevent: changed\ndata: x\n\nevent: new\ndata: 3\n\n", line)
		_ = http.NewResponseController(w).Flush()
		<-req.Context().Done()
	})
	mux.HandleFunc("GET /stream.wav", sound)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Query().Has("q") { // what searching as one types asks for
			show(w, req, pagetest.Search())
			return
		}
		for _, p := range pagetest.All() {
			name := html.EscapeString(p.Name)
			fmt.Fprintf(w, "<p><a href=\"/%s\">%s</a> <a href=\"/%s?theme=dark\">dark</a>\n", name, name, name)
		}
	})
	return mux
}

// sound plays a quiet day, live, until whoever listens is gone.
func sound(w http.ResponseWriter, req *http.Request) {
	w.Header().Set("Content-Type", "audio/wav")
	var pcm bytes.Buffer
	begin := time.Now()
	r, err := sonify.NewRenderer(&pcm, begin.Add(-time.Second), sonify.Step)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	tick := time.NewTicker(sonify.Step)
	defer tick.Stop()
	for err = sonify.WriteLiveHeader(w); err == nil; {
		if err = r.Advance(time.Now()); err == nil {
			_, err = w.Write(sonify.Mono(pcm.Bytes()))
		}
		pcm.Reset()
		_ = http.NewResponseController(w).Flush()
		select {
		case <-req.Context().Done():
			return
		case <-tick.C:
		}
	}
}

// write puts every page into a folder, light, dark and as the system says.
func write(r *page.Renderer, folder string) error {
	named := regexp.MustCompile(`/static/\w+/[\w.]+`)
	files := map[string]bool{}
	save := func(name string, data []byte) error {
		to := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return fmt.Errorf("making the folder of %s: %w", to, err)
		}
		return os.WriteFile(to, data, 0o644)
	}
	for _, p := range pagetest.All() {
		for suffix, theme := range map[string]page.Theme{"": page.System, "-light": page.Light, "-dark": page.Dark} {
			b, err := draw(r, p.View, theme, false)
			if err != nil {
				return err
			}
			for _, name := range named.FindAllString(string(b), -1) {
				files[name] = true
			}
			if err := save(p.Name+suffix+".html", []byte(strings.ReplaceAll(string(b), `"/static/`, `"static/`))); err != nil {
				return err
			}
		}
	}
	for name := range files {
		w := httptest.NewRecorder()
		r.Static().ServeHTTP(w, httptest.NewRequest(http.MethodGet, name, nil))
		if err := save(strings.TrimPrefix(name, "/"), w.Body.Bytes()); err != nil {
			return err
		}
	}
	return nil
}
