// Package api is the HTTP API: what the commands show and do, as JSON, described by
// itself in OpenAPI 3.1 at /api/openapi.json. It has no logic of its own: package control
// answers, and every question carries the user whose things it may see (grant.From).
//
// Errors are problems of RFC 9457 with the reason, whose fault it is and what to do next.
// What is asked for is held to its description before anything is read; bodies and pages
// have limits.
package api
