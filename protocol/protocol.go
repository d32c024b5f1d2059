// Package protocol is the contract as data: the version of the protocol, and
// every numbered requirement of the specification as its prose states it. It
// depends on the standard library alone, so that any tool can hold a proxy or a
// user function against it.
package protocol

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Version is the version of the protocol that this specification describes, as
// major and minor number.
const Version = "1.1"

// requirementsJSON is written from spec/*.md by cmd/requirements.
//
//go:embed requirements.json
var requirementsJSON []byte

// Requirement is one numbered sentence of the specification.
type Requirement struct {
	// ID is AREA-TOPIC-NNN. It is never renumbered and never used again.
	ID string `json:"id"`
	// Area is the first part of the ID, such as "ES".
	Area string `json:"area"`
	// Role says who is bound: "function" or "proxy".
	Role string `json:"role"`
	// Level is "MUST", "SHOULD" or "MAY".
	Level string `json:"level"`
	// Since is the version of the protocol that first had it, such as "1.0".
	Since string `json:"since"`
	// Profile is the set that a subject declares and is then held to.
	Profile string `json:"profile"`
	// Text is the sentence, on one line, in Markdown.
	Text string `json:"text"`
	// Chapter is the file below spec/ where it stands.
	Chapter string `json:"chapter"`
	// Untestable is the reason why no case can show it; empty when one can.
	Untestable string `json:"untestable,omitempty"`
}

// Document is the shape of requirements.json.
type Document struct {
	// Protocol is the version that the requirements describe.
	Protocol string `json:"protocol"`
	// Requirements are ordered by ID.
	Requirements []Requirement `json:"requirements"`
}

// Requirements returns every requirement, ordered by ID. The slice is the caller's.
func Requirements() []Requirement {
	var doc Document
	if err := json.Unmarshal(requirementsJSON, &doc); err != nil {
		panic(fmt.Sprintf("requirements.json, which is part of this binary, is not valid: %v", err))
	}
	return doc.Requirements
}

// Digest returns "sha256:" and the hex digest of requirements.json: two tools
// that name the same digest mean the same set of requirements.
func Digest() string {
	sum := sha256.Sum256(requirementsJSON)
	return "sha256:" + hex.EncodeToString(sum[:])
}
