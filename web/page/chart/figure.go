package chart

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"
)

// least is how many points a chart has; of fewer the caption says enough.
const least = 5

// Caption is the finding, and what is to be said beside it.
type Caption struct {
	Finding string // a sentence or its strong beginning
	Remark  string // what follows; "" nothing
}

// Key explains one colour.
type Key struct {
	Class string // of the swatch: c1 … c6 a service's tint, k-a the accent
	Text  string
}

// figure is what all charts have.
type figure struct {
	Class   string // of the figure: "strip" is the low form
	Caption Caption
	Label   string    // the drawing in words
	Y       [3]string // labels from the top
	X       []string  // labels from the left
	Keys    []Key
	Stretch bool // the shapes are in a field of 100 by 100 that stretches; false: in per cent

	Columns []column
	Area    string // path below Line, filled
	Second  string // path in the second colour
	Line    string // path in the accent
	Goal    string // height of a dashed line, "" none
	Band    string // height at which a marked band at the bottom begins, "" none
	Held    string // how high the band is
	Few     bool   // too few points: the caption alone
}

// column is one bar of the stacked ones.
type column struct {
	Title string // tooltip
	Rects []rect
}

// rect is one piece of a column, in per cent.
type rect struct{ Class, X, Y, W, H string }

var shapes = template.Must(template.New("chart").Parse(strings.ReplaceAll(`
{{- if .Few -}}
<p class="small"><b>{{.Caption.Finding}}</b>{{with .Caption.Remark}} {{.}}{{end}}</p>
{{- else -}}
<figure class="chart{{with .Class}} {{.}}{{end}}"><figcaption><b>{{.Caption.Finding}}</b>{{with .Caption.Remark}} {{.}}{{end}}</figcaption>
<div class="y" aria-hidden="true">{{range .Y}}<span>{{.}}</span>{{end}}</div>
<svg{{if .Stretch}} viewBox="0 0 100 100" preserveAspectRatio="none"{{end}} role="img" aria-label="{{.Label}}">
{{- $p := "%"}}{{if .Stretch}}{{$p = ""}}{{end -}}
<line class="grid" x1="0" x2="100{{$p}}" y1="0" y2="0"/><line class="grid" x1="0" x2="100{{$p}}" y1="50{{$p}}" y2="50{{$p}}"/>
{{- range .Columns}}<g><title>{{.Title}}</title>{{range .Rects}}<rect{{with .Class}} class="{{.}}"{{end}} x="{{.X}}%" y="{{.Y}}%" width="{{.W}}%" height="{{.H}}%"/>{{end}}</g>{{end -}}
<line class="grid" x1="0" x2="100{{$p}}" y1="100{{$p}}" y2="100{{$p}}"/>
{{- with .Area}}<path class="area" d="{{.}}"/>{{end -}}
{{- with .Band}}<rect class="band" x="0" y="{{.}}" width="100" height="{{$.Held}}"/>{{end -}}
{{- with .Goal}}<line class="goal" x1="0" x2="100" y1="{{.}}" y2="{{.}}"/>{{end -}}
{{- with .Second}}<path class="two" d="{{.}}"/>{{end -}}
{{- with .Line}}<path d="{{.}}"/>{{end -}}
</svg>
<div class="x" aria-hidden="true">{{range .X}}<span>{{.}}</span>{{end}}</div>
{{- with .Keys}}<div class="key">{{range .}}<span>{{with .Class}}<svg class="{{.}}" aria-hidden="true"><rect width="100%" height="100%" rx="2"/></svg>{{end}}{{.Text}}</span>{{end}}</div>{{end -}}
</figure>
{{- end}}`, "\t", "")))

// html draws the figure.
func (f figure) html() (template.HTML, error) {
	var b strings.Builder
	if err := shapes.Execute(&b, f); err != nil {
		return "", fmt.Errorf("drawing a chart: %w", err)
	}
	return template.HTML(b.String()), nil
}

// num writes a coordinate: at most two decimals, none where they are zero.
func num(v float64) string {
	s := strconv.FormatFloat(v, 'f', 2, 64)
	return strings.TrimRight(strings.TrimRight(s, "0"), ".")
}

// top is the smallest round number that is not below v and whose half reads well too:
// even below ten, 12, 16, 20, 24, 30, 40, 60 or 80 with zeros above.
func top(v float64) float64 {
	for _, step := range []float64{2, 4, 6, 8, 10} {
		if step >= v {
			return step
		}
	}
	for unit := 10.0; ; unit *= 10 {
		for _, step := range []float64{1.2, 1.6, 2, 2.4, 3, 4, 6, 8, 10} {
			if step*unit >= v {
				return step * unit
			}
		}
	}
}
