// Package site serves the pages: it fills the views of web/page from the data of whoever
// is signed in, and does what their forms ask for.
//
// A page is a file here: its routes, its handlers, and what fills its view. A handler gets a
// visit, which knows who asks and when, and returns an error for what it cannot answer; the
// error becomes a page that says what happened, whose fault it is, and what to do. Every
// question to the store carries visit.whose, so that nobody sees what is another's.
//
// A form is answered by leading on (visit.leadOn), with a note on the page that comes next,
// so that reading that page again does nothing twice. Nothing changes on a GET.
package site
