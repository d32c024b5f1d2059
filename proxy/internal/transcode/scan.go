package transcode

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"
)

// deepest is how many objects and arrays of JSON may stand in each other
// (HTTP-LIMIT-004).
const deepest = 100

// parser reads one JSON text into a message. The text is UTF-8.
type parser struct {
	data  []byte
	pos   int
	depth int
	types *dynamicpb.Types
	known glossary

	// ahead is how far the text has been looked through for the types of Anys, which
	// urls has by the position of their objects. It is looked through once, however
	// many Anys hold each other.
	ahead int
	urls  map[int]string
}

// newParser returns a parser of the text. What an Any holds is of a type of the files.
func newParser(text []byte, files *protoregistry.Files) *parser {
	return &parser{data: text, types: dynamicpb.NewTypes(files), known: glossary{}}
}

// notJSON says that the text is no JSON where the parser stands.
func (p *parser) notJSON(wanted string) error {
	line := 1 + bytes.Count(p.data[:p.pos], []byte{'\n'})
	column := p.pos - bytes.LastIndexByte(p.data[:p.pos], '\n')
	found := "the text ends"
	if p.pos < len(p.data) {
		c, _ := utf8.DecodeRune(p.data[p.pos:])
		found = "there is " + strconv.QuoteRune(c)
	}
	return wrong("it is not JSON at line %d, column %d: %s, and %s is wanted", line, column, found, wanted)
}

// space skips white space.
func (p *parser) space() {
	for p.pos < len(p.data) {
		switch p.data[p.pos] {
		case ' ', '\t', '\n', '\r':
			p.pos++
		default:
			return
		}
	}
}

// peek returns the first byte of what comes, white space left out; 0 at the end.
func (p *parser) peek() byte {
	p.space()
	if p.pos == len(p.data) {
		return 0
	}
	return p.data[p.pos]
}

// take skips the byte, and reports whether it was what came.
func (p *parser) take(c byte) bool {
	if p.peek() != c {
		return false
	}
	p.pos++
	return true
}

// word skips the word, and reports whether it was what came.
func (p *parser) word(word string) bool {
	p.space()
	if !bytes.HasPrefix(p.data[p.pos:], []byte(word)) {
		return false
	}
	p.pos += len(word)
	return true
}

// object reads an object; member reads the value of each name.
func (p *parser) object(member func(name string) error) error {
	return p.nested('{', '}', func() error {
		name, err := p.text()
		if err != nil {
			return err
		}
		if !p.take(':') {
			return p.notJSON("a :")
		}
		return member(name)
	})
}

// array reads an array; element reads each value.
func (p *parser) array(element func(index int) error) error {
	index := -1
	return p.nested('[', ']', func() error {
		index++
		if err := element(index); err != nil {
			return within("["+strconv.Itoa(index)+"]", err)
		}
		return nil
	})
}

// nested reads what stands between the two bytes: values with a comma between them.
func (p *parser) nested(begin, end byte, value func() error) error {
	if !p.take(begin) {
		return p.notJSON(string(begin))
	}
	if p.depth++; p.depth > deepest {
		return wrong("it is nested deeper than %d objects and arrays", deepest)
	}
	defer func() { p.depth-- }()
	if p.take(end) {
		return nil
	}
	for {
		if err := value(); err != nil {
			return err
		}
		switch {
		case p.take(end):
			return nil
		case !p.take(','):
			return p.notJSON("a comma or " + string(end))
		}
	}
}

// number reads a number, and returns it as it stands there.
func (p *parser) number() (string, error) {
	p.space()
	n := numberLength(p.data[p.pos:])
	if n == 0 {
		return "", p.notJSON("a value")
	}
	text := string(p.data[p.pos : p.pos+n])
	p.pos += n
	return text, nil
}

// text reads a string.
func (p *parser) text() (string, error) {
	if !p.take('"') {
		return "", p.notJSON("a string")
	}
	var b strings.Builder
	for {
		begin := p.pos
		for p.pos < len(p.data) && p.data[p.pos] >= ' ' && p.data[p.pos] != '"' && p.data[p.pos] != '\\' {
			p.pos++
		}
		plain := p.data[begin:p.pos]
		switch {
		case p.pos == len(p.data) || p.data[p.pos] < ' ':
			return "", p.notJSON("the end of the string")
		case p.data[p.pos] == '"' && b.Len() == 0:
			p.pos++
			return string(plain), nil
		case p.data[p.pos] == '"':
			p.pos++
			b.Write(plain)
			return b.String(), nil
		}
		b.Write(plain)
		c, err := p.escape()
		if err != nil {
			return "", err
		}
		b.WriteRune(c)
	}
}

// escape reads what begins with a backslash.
func (p *parser) escape() (rune, error) {
	const letters, meant = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	if p.pos+1 < len(p.data) {
		if i := strings.IndexByte(letters, p.data[p.pos+1]); i >= 0 {
			p.pos += 2
			return rune(meant[i]), nil
		}
	}
	c, ok := p.unicode()
	if ok && utf16.IsSurrogate(c) {
		second, given := p.unicode()
		c = utf16.DecodeRune(c, second)
		ok = given && c != utf8.RuneError
	}
	if !ok {
		return 0, p.notJSON("an escape of a character")
	}
	return c, nil
}

// unicode reads \u and four hexadecimal digits.
func (p *parser) unicode() (rune, bool) {
	const size = len(`\u0000`)
	if len(p.data)-p.pos < size || p.data[p.pos] != '\\' || p.data[p.pos+1] != 'u' {
		return 0, false
	}
	c, err := strconv.ParseUint(string(p.data[p.pos+2:p.pos+size]), 16, 16)
	if err != nil {
		return 0, false
	}
	p.pos += size
	return rune(c), true
}

// skip reads one value and keeps nothing of it.
func (p *parser) skip() error { return p.look(nil) }

// look reads one value, and notes the type of each object in it that names one; urls
// may be nil.
func (p *parser) look(urls map[int]string) error {
	var err error
	switch c := p.peek(); {
	case c == '{':
		begin := p.pos
		err = p.object(func(name string) error {
			_, noted := urls[begin]
			if name != anyType || noted || urls == nil || p.peek() != '"' {
				return p.look(urls)
			}
			urls[begin], err = p.text()
			return err
		})
	case c == '[':
		err = p.array(func(int) error { return p.look(urls) })
	case c == '"':
		_, err = p.text()
	case p.word("true"), p.word("false"), p.word("null"):
	default:
		_, err = p.number()
	}
	return err
}
