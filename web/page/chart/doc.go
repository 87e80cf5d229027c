// Package chart draws the charts of the pages as SVG on the server: likes over
// time by service (Bars), what is left of a quota in a window (Stair), and how late
// runs start (Lag).
//
// Shapes stretch, words do not. A chart is a figure with words in HTML around an
// SVG of shapes only, so that text keeps its size at any width and nothing needs a
// style of its own. The caption states the finding; the scale has three labels a
// side and zero at the bottom; fewer than five points make no chart but a sentence,
// the caption alone.
//
// The same values give the same bytes. Nothing looks at a clock.
package chart
