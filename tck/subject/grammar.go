package subject

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
)

// Kind says how a subject is attached.
type Kind string

// The three ways to attach a subject.
const (
	// Image is a container that the kit starts.
	Image Kind = "image"
	// Command is a process that the kit starts.
	Command Kind = "cmd"
	// Address is something that already runs; the kit starts and ends nothing.
	Address Kind = "addr"
)

// Spec says what is under test and how to reach it. The zero Spec is invalid;
// Parse makes one.
type Spec struct {
	// Kind says which of the other fields matter.
	Kind Kind
	// Value is what stands after the colon: an image reference, a command line
	// or a host and a port.
	Value string
	// Words is the command line split into words; empty for the other kinds.
	Words []string
}

// Parse reads "image:REF", "cmd:COMMAND LINE" or "addr:HOST:PORT". Its errors
// are sentences for the person who typed the text.
func Parse(text string) (Spec, error) {
	kind, value, found := strings.Cut(text, ":")
	spec := Spec{Kind: Kind(kind), Value: value}
	var err error
	switch {
	case !found:
		err = errors.New("it needs a prefix: image:REF, cmd:'COMMAND' or addr:HOST:PORT")
	case spec.Kind == Image:
		err = checkImage(value)
	case spec.Kind == Command:
		spec.Words, err = splitWords(value)
	case spec.Kind == Address:
		err = checkAddress(value)
	default:
		err = fmt.Errorf("%q is no way to attach one; use image:REF, cmd:'COMMAND' or addr:HOST:PORT", kind)
	}
	if err != nil {
		return Spec{}, fmt.Errorf("subject %q: %w", text, err)
	}
	return spec, nil
}

// String is the text that Parse reads.
func (s Spec) String() string { return string(s.Kind) + ":" + s.Value }

// Shell is the text as a person types it at a shell, quoted where it must be.
func (s Spec) Shell() string { return string(s.Kind) + ":" + Quote(s.Value) }

// Quote quotes one word for a POSIX shell when it holds anything but letters,
// digits and the signs that no shell reads.
func Quote(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' ||
			strings.ContainsRune("@%+=:,./-_", r)
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

func checkImage(reference string) error {
	if reference == "" || strings.ContainsAny(reference, " \t\n") {
		return errors.New("an image reference is one word, such as image:registry.example/sdk:1.0")
	}
	return nil
}

func checkAddress(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("an address is HOST:PORT, such as addr:127.0.0.1:8080: %w", err)
	}
	number, err := strconv.Atoi(port)
	if err != nil || number < 1 || number > 65535 || host == "" {
		return errors.New("an address is HOST:PORT with a port from 1 to 65535, such as addr:127.0.0.1:8080")
	}
	return nil
}
