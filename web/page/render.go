package page

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"strings"
)

//go:embed templates/*.html
var sources embed.FS

// View is one page with its values.
type View interface {
	// file names the template.
	file() string
	// base is what all pages have.
	base() Frame
}

// Renderer draws views. It is made once and used by any number of goroutines.
type Renderer struct {
	pages  map[string]*template.Template
	assets *assets
}

// files are the templates of pages, each with the file of the same name.
var files = []string{"likes", "accounts", "network", "connect", "service", "activity", "workers", "settings", "confirm", "help", "door", "problem"}

// NewRenderer reads the templates. An error is a mistake in this package.
func NewRenderer() (*Renderer, error) {
	a, err := newAssets()
	if err != nil {
		return nil, err
	}
	r := &Renderer{pages: map[string]*template.Template{}, assets: a}
	common, err := template.New("").Funcs(r.funcs()).ParseFS(sources, "templates/layout.html", "templates/parts.html", "templates/pieces.html")
	if err != nil {
		return nil, fmt.Errorf("reading the templates that all pages share: %w", err)
	}
	for _, name := range files {
		own, err := common.Clone()
		if err == nil {
			own, err = own.ParseFS(sources, "templates/"+name+".html")
		}
		if err != nil {
			return nil, fmt.Errorf("reading the template %s: %w", name, err)
		}
		r.pages[name] = own
	}
	return r, nil
}

// Render writes the whole page, or nothing and an error.
func (r *Renderer) Render(w io.Writer, v View) error { return r.draw(w, "page", v) }

// Top writes what stands above the content of a page, which goes by its Frame alone but for
// the notes in it; Rest writes what follows, of the same view or of another one.
func (r *Renderer) Top(w io.Writer, v View) error { return r.draw(w, "top", v) }

// Rest writes what follows Top.
func (r *Renderer) Rest(w io.Writer, v View) error { return r.draw(w, "rest", v) }

func (r *Renderer) draw(w io.Writer, part string, v View) error {
	t := r.pages[v.file()]
	if t == nil {
		return fmt.Errorf("there is no template %q", v.file())
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, part, v); err != nil {
		return fmt.Errorf("drawing the page %q: %w", v.file(), err)
	}
	if _, err := b.WriteTo(w); err != nil {
		return fmt.Errorf("sending the page %q: %w", v.file(), err)
	}
	return nil
}

// Event is one line of the activity as a fragment of HTML in one line, as a live
// update carries it.
func (r *Renderer) Event(e Event) (string, error) {
	var b strings.Builder
	if err := r.pages["activity"].ExecuteTemplate(&b, "event", e); err != nil {
		return "", fmt.Errorf("drawing an event: %w", err)
	}
	return strings.Join(strings.Fields(b.String()), " "), nil
}

// funcs are what templates can call.
func (r *Renderer) funcs() template.FuncMap {
	return template.FuncMap{
		"icon":    r.assets.icon,
		"asset":   r.assets.path,
		"local":   local,
		"outward": outward,
		"number":  number,
	}
}
