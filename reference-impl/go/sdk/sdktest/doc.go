// Package sdktest plays the proxy: it serves entities in memory and speaks to
// them as a proxy does, for the tests of an author's entities and our own.
package sdktest
