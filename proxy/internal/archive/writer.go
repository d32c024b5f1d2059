package archive

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/zstd"

	"github.com/stateward/stateward/proxy/internal/store"
)

// Writer writes one archive. It is for one goroutine.
type Writer struct {
	out    *bufio.Writer // before compression
	zip    *zstd.Encoder // nil where there is none
	digest hash.Hash     // of all frames
	counts counts        // of the items
	frame  []byte        // the last frame, whose memory the next one takes
}

// NewWriter begins an archive, compressed or not. The caller closes the writer, or fails.
func NewWriter(w io.Writer, about About, compress bool) (*Writer, error) {
	header, how := binary.BigEndian.AppendUint32([]byte(magic), version), byte(plain)
	a := &Writer{digest: sha256.New()}
	if compress {
		how = compressed
		zip, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(maxWindow/8))
		if err != nil {
			return nil, err
		}
		a.zip = zip
	}
	if _, err := w.Write(append(header, how)); err != nil {
		return nil, err
	}
	a.out = bufio.NewWriterSize(w, 64<<10)
	if a.zip != nil {
		a.out.Reset(a.zip)
	}
	body := appendBytes(appendBytes(appendTime(nil, about.Taken), about.Program), about.Store)
	return a, a.write(frameAbout, body)
}

// Put writes the item.
func (a *Writer) Put(item store.Item) error {
	frame, body, err := encode(nil, item)
	if err != nil {
		return err
	}
	a.counts[frame]++
	return a.write(frame, body)
}

// write writes a frame.
func (a *Writer) write(frame byte, body []byte) error {
	if len(body) > maxBody {
		return fmt.Errorf("an item of %d bytes; the largest has %d", len(body), maxBody)
	}
	a.frame = append(appendHead(a.frame[:0], frame, body), body...)
	a.digest.Write(a.frame)
	_, err := a.out.Write(a.frame)
	return err
}

// headSize is how many bytes stand before a body: its length, its checksum, the type.
const headSize = 4 + 4 + 1

// appendHead appends what stands before the body.
func appendHead(b []byte, frame byte, body []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(body)))
	b = binary.BigEndian.AppendUint32(b, checksum(frame, body))
	return append(b, frame)
}

func checksum(frame byte, body []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Checksum([]byte{frame}, table), table, body)
}

// Close writes the end of a whole archive.
func (a *Writer) Close() error {
	return errors.Join(a.write(frameEnd, a.digest.Sum(a.counts.append(nil))), a.finish())
}

// Fail writes why there is no more, in the place of the end.
func (a *Writer) Fail(why error) error {
	return errors.Join(a.write(frameFailure, []byte(why.Error())), a.finish())
}

// finish writes what waits.
func (a *Writer) finish() error {
	err := a.out.Flush()
	if a.zip != nil {
		err = errors.Join(err, a.zip.Close())
	}
	return err
}

// counts is how many frames of each type there are.
type counts [frameDamage + 1]int64

func (c *counts) append(b []byte) []byte {
	for _, n := range c[frameStart:] {
		b = appendNumber(b, n)
	}
	return b
}

// all is how many items there are.
func (c *counts) all() (n int64) {
	for _, count := range c {
		n += count
	}
	return n
}
