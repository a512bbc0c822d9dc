// Package ext stands in for Traefik's private extension point: the published module refers to it
// by a local path that the module archive does not contain.
package ext

// HTTP adds nothing to the HTTP configuration.
type HTTP struct{}

// Router adds nothing to a router.
type Router struct{}
