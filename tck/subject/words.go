package subject

import (
	"errors"
	"strings"
)

// splitWords splits a command line as a shell does, without running one: words
// are parted by white space, '…' keeps everything, "…" keeps everything but a
// backslash before `"` or `\`, and a backslash outside quotes keeps the next
// character. Nothing is expanded.
func splitWords(line string) ([]string, error) {
	split := splitter{}
	for _, r := range line {
		split.step(r)
	}
	if split.quote != 0 || split.escaped {
		return nil, errors.New("the command ends inside a quote")
	}
	split.endWord()
	if len(split.words) == 0 || split.words[0] == "" {
		return nil, errors.New("the command is empty")
	}
	return split.words, nil
}

// splitter is a machine over the characters of a command line.
type splitter struct {
	words   []string
	word    strings.Builder
	inWord  bool // an empty quoted word is a word
	quote   rune // the quote that is open, or 0
	escaped bool // the last character was a backslash that escapes
}

func (s *splitter) step(r rune) {
	switch {
	case s.escaped:
		s.stepEscaped(r)
	case r == '\\' && s.quote != '\'':
		s.escaped, s.inWord = true, true
	case s.quote == 0 && (r == '\'' || r == '"'):
		s.quote, s.inWord = r, true
	case s.quote != 0 && r == s.quote:
		s.quote = 0
	case s.quote == 0 && strings.ContainsRune(" \t\r\n", r):
		s.endWord()
	default:
		s.word.WriteRune(r)
		s.inWord = true
	}
}

// stepEscaped takes the character after a backslash. Inside double quotes a
// backslash before any other character stands for itself.
func (s *splitter) stepEscaped(r rune) {
	if s.quote == '"' && r != '"' && r != '\\' {
		s.word.WriteRune('\\')
	}
	s.word.WriteRune(r)
	s.escaped = false
}

func (s *splitter) endWord() {
	if s.inWord {
		s.words = append(s.words, s.word.String())
	}
	s.word.Reset()
	s.inWord = false
}
