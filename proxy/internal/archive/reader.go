package archive

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/klauspost/compress/zstd"

	"github.com/stateward/stateward/proxy/internal/store"
)

// Reader reads one archive. It is for one goroutine. Its caller closes it.
type Reader struct {
	source *source
	in     *bufio.Reader // after decompression
	zip    *zstd.Decoder // nil where there is none
	about  About
	digest hash.Hash // of all frames that have been read
	counts counts    // of the items that have been read
	body   bytes.Buffer
	err    error // what every further Next returns
}

// NewReader begins to read an archive.
func NewReader(r io.Reader) (*Reader, error) {
	header := make([]byte, len(magic)+4+1)
	if n, err := io.ReadFull(r, header); err != nil {
		return nil, explainHeader(header[:n], err)
	}
	number, how := binary.BigEndian.Uint32(header[len(magic):]), header[len(header)-1]
	switch {
	case string(header[:len(magic)]) != magic:
		return nil, ErrForeign
	case number > version:
		return nil, fmt.Errorf("%w: it is of version %d, and this program knows versions up to %d", ErrNewer, number, version)
	case number == 0 || how > compressed:
		return nil, fmt.Errorf("%w: its first bytes say version %d and way %d", ErrDamaged, number, how)
	}
	from := &source{Reader: r}
	a := &Reader{source: from, in: bufio.NewReaderSize(from, 64<<10), digest: sha256.New()}
	if how == compressed {
		zip, err := zstd.NewReader(from, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, err
		}
		a.zip = zip
		a.in.Reset(zip)
	}
	if err := a.open(); err != nil {
		a.Close()
		return nil, err
	}
	return a, nil
}

// explainHeader says why the first bytes could not be read.
func explainHeader(header []byte, err error) error {
	switch {
	case !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		return err
	case string(header[:min(len(header), len(magic))]) == magic[:min(len(header), len(magic))]:
		return fmt.Errorf("%w: not even its first bytes are there", ErrTruncated)
	default:
		return ErrForeign
	}
}

// open reads the frame that every archive begins with.
func (a *Reader) open() error {
	frame, data, err := a.read()
	if err != nil {
		return err
	}
	b := &body{rest: data}
	a.about = About{Taken: b.time("a time"), Program: b.text("a version"), Store: b.text("a kind of store")}
	if err := b.end(); frame != frameAbout || err != nil {
		return fmt.Errorf("%w: it does not begin with what it is (%w)", ErrDamaged, err)
	}
	return nil
}

// About says where the archive comes from.
func (a *Reader) About() About { return a.about }

// Next returns the next item; io.EOF once the whole archive has been read, and found to
// be what was written.
func (a *Reader) Next() (store.Item, error) {
	if a.err != nil {
		return nil, a.err
	}
	item, err := a.next()
	a.err = err
	return item, err
}

func (a *Reader) next() (store.Item, error) {
	frame, data, err := a.read()
	switch {
	case err != nil:
		return nil, err
	case frame == frameEnd:
		return nil, a.end(data)
	case frame == frameFailure:
		return nil, fmt.Errorf("%w: %.1000s", ErrFailed, data)
	}
	item, err := decode(frame, data)
	if err != nil {
		return nil, a.damaged(err)
	}
	a.counts[frame]++
	return item, nil
}

// damaged says at which item something is wrong.
func (a *Reader) damaged(err error) error {
	return fmt.Errorf("%w: behind %d items: %w", ErrDamaged, a.counts.all(), err)
}

// end checks that all has come that was written, and that nothing follows.
func (a *Reader) end(data []byte) error {
	if !bytes.Equal(data, a.digest.Sum(a.counts.append(nil))) {
		return a.damaged(errors.New("its end says that something else was written"))
	}
	if _, err := a.in.ReadByte(); err == nil {
		return a.damaged(errors.New("something follows its end"))
	} else if !errors.Is(err, io.EOF) {
		return a.explain(err)
	}
	return io.EOF
}

// read reads a frame. The data is the reader's, until the next.
func (a *Reader) read() (frame byte, data []byte, err error) {
	var head [headSize]byte
	if _, err := io.ReadFull(a.in, head[:]); err != nil {
		return 0, nil, a.explain(err)
	}
	length := binary.BigEndian.Uint32(head[:])
	if length > maxBody {
		return 0, nil, a.damaged(fmt.Errorf("an item of %d bytes; the largest has %d", length, maxBody))
	}
	a.body.Reset() // grows with what comes, whatever is said of it
	if _, err := io.CopyN(&a.body, a.in, int64(length)); err != nil {
		return 0, nil, a.explain(err)
	}
	frame, data = head[headSize-1], a.body.Bytes()
	if checksum(frame, data) != binary.BigEndian.Uint32(head[4:]) {
		return 0, nil, a.damaged(errors.New("a checksum does not fit"))
	}
	if frame != frameEnd {
		a.digest.Write(head[:])
		a.digest.Write(data)
	}
	return frame, data, nil
}

// explain says why nothing more could be read. An error of what is read itself stays.
func (a *Reader) explain(err error) error {
	switch {
	case a.source.err != nil:
		return a.source.err
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w: behind %d items it ends before its end", ErrTruncated, a.counts.all())
	default:
		return a.damaged(err)
	}
}

// source is what is read. It remembers an error that says nothing of the bytes.
type source struct {
	io.Reader

	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		s.err = err
	}
	return n, err
}

// Close frees what reading takes. It does not close what is read.
func (a *Reader) Close() {
	if a.zip != nil {
		a.zip.Close()
	}
}
