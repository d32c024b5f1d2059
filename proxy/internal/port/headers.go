package port

import (
	"bytes"
	"encoding/base64"
	"strings"

	"golang.org/x/net/http2/hpack"
)

// tableSize is how large a table of header fields is that nobody has resized.
const tableSize = 4096

// headers reads every header block of one client, in order: a block changes what the
// next ones mean, whoever it is for.
type headers struct {
	decoder *hpack.Decoder
	fields  []hpack.HeaderField // of the last block
	size    int                 // and how large they are, as HTTP/2 counts
}

// newHeaders returns headers that have read nothing.
func newHeaders() *headers {
	h := new(headers)
	h.decoder = hpack.NewDecoder(tableSize, func(f hpack.HeaderField) {
		if h.size += int(f.Size()); h.size <= maxBlock {
			h.fields = append(h.fields, f)
		}
	})
	h.decoder.SetMaxStringLength(maxBlock)
	return h
}

// read reads a block into fields, which live until the next one.
func (h *headers) read(block []byte) error {
	h.fields, h.size = h.fields[:0], 0
	if _, err := h.decoder.Write(block); err != nil {
		return errBlock
	}
	if err := h.decoder.Close(); err != nil {
		return errBlock
	}
	return nil
}

// tooLarge reports whether the last block had more than maxBlock; not all of it is in fields.
func (h *headers) tooLarge() bool { return h.size > maxBlock }

// isGRPC reports whether the last block opens a call of gRPC that grpc-go can take.
func (h *headers) isGRPC() bool {
	is := false
	for i := range h.fields {
		switch f := &h.fields[i]; {
		case f.Name == "content-type":
			is = is || isGRPC(f.Value)
		case strings.HasSuffix(f.Name, "-bin") && !isBinary(f.Value) && !strings.HasPrefix(f.Name, "grpc-"):
			return false
		}
	}
	return is
}

// isBinary reports whether grpc-go can decode the value of a binary header: one value of
// base64. Several in a line, and others, it would refuse with INTERNAL; the server of
// everything else can say what they are (META-ENTRY-003).
func isBinary(value string) bool {
	encoding := base64.RawStdEncoding
	if len(value)%4 == 0 {
		encoding = base64.StdEncoding
	}
	_, err := encoding.DecodeString(value)
	return err == nil
}

// isGRPC reports whether a content type is that of gRPC. gRPC-Web's is not.
func isGRPC(contentType string) bool {
	rest, ok := strings.CutPrefix(contentType, "application/grpc")
	return ok && (rest == "" || rest[0] == '+' || rest[0] == ';')
}

// rewriter writes header blocks that refer to no table, so that they may stand between
// any others.
type rewriter struct {
	encoder *hpack.Encoder
	buffer  bytes.Buffer
}

// newRewriter returns a rewriter. Its first block resizes the reader's table to nothing.
func newRewriter() *rewriter {
	r := new(rewriter)
	r.encoder = hpack.NewEncoder(&r.buffer)
	r.encoder.SetMaxDynamicTableSize(0)
	return r
}

// block returns the fields as a block, which lives until the next call.
func (r *rewriter) block(fields []hpack.HeaderField) []byte {
	r.buffer.Reset()
	for _, f := range fields {
		// A buffer takes everything.
		_ = r.encoder.WriteField(f)
	}
	return r.buffer.Bytes()
}

// withoutResize returns the block without the sizes of the table that it begins with.
func withoutResize(block []byte) []byte {
	for len(block) > 0 && block[0]&0xe0 == 0x20 {
		more := block[0]&0x1f == 0x1f
		block = block[1:]
		for more && len(block) > 0 {
			more = block[0]&0x80 != 0
			block = block[1:]
		}
	}
	return block
}

// resize is what a block begins with that sets the size of its reader's table.
func resize(size uint32) []byte {
	if size < 0x1f {
		return []byte{0x20 | byte(size)}
	}
	b := []byte{0x3f}
	for size -= 0x1f; size >= 0x80; size >>= 7 {
		b = append(b, byte(size)|0x80)
	}
	return append(b, byte(size))
}

// resizing is what the next header block may have to begin with: where the client has
// made its table smaller, the first block after the answer says so (RFC 7541, 4.2).
type resizing struct {
	limit uint32 // what the client allows
	least uint32 // and has allowed since the last block
	asked bool   // there is something to say, once grpc-go has answered
	due   bool   // it has
}

// ask notes what the client allows.
func (r *resizing) ask(size uint32) {
	if size < min(r.limit, tableSize) {
		if !r.asked && !r.due {
			r.least = size
		}
		r.asked, r.least = true, min(r.least, size)
	}
	r.limit = size
}

// answer notes that grpc-go has answered what was asked.
func (r *resizing) answer() { r.due, r.asked = r.due || r.asked, false }

// begin returns what a guest's block begins with, if anything.
func (r *resizing) begin() []byte {
	if !r.due {
		return nil
	}
	r.due = false
	return resize(r.least)
}

// begun notes that grpc-go has begun a block, which says it too.
func (r *resizing) begun() { r.due = false }
