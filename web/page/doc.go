// Package page draws the pages: HTML from templates, the style sheet, icons and
// scripts that go with them, and nothing else. It knows no store, no clock and no
// request.
//
// Each page is a View: a struct of plain values that a handler fills and Render
// turns into HTML. Facts that read as words (times, waits, counts) are given as
// phrases of the package words; Now stands in the Frame and its location is the one
// in which clocks read. What a page concludes from its own values, such as the
// sentence it begins with ("One account needs you"), is a method beside its struct.
//
// Rules that the tests hold every page to:
//
//   - No text of a service becomes markup, a handler or a foreign address: all goes
//     through html/template, own addresses through Path, those of services through a
//     check for http and https.
//   - Headers sets a policy that allows no inline style or script and nothing from
//     elsewhere; the pages need none.
//   - Everything works without scripts but live updates. Forms post to the address
//     of the thing they change with do=<Deed>; what cannot be undone leads to a
//     Confirm page.
//   - A page of 50 likes with its style, icons and scripts is at most 60 KB
//     compressed.
//
// The look is described by the style sheet's own comments and docs/PAGES.md.
package page
