package archive_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"go.uber.org/goleak"

	"github.com/stateward/stateward/proxy/internal/archive"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/memory"
	"github.com/stateward/stateward/proxy/internal/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stocked returns a store that has something of everything.
func stocked(tb testing.TB) *memory.Store {
	tb.Helper()
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	s := memory.NewOn(func() time.Time { return now })
	tb.Cleanup(func() { s.Close() })
	storetest.Stock(tb, s, now)
	return s
}

func about() archive.About {
	return archive.About{Taken: time.Unix(1, 2).UTC(), Program: "1.2.3", Store: "memory"}
}

// write returns an archive of the store, and of one damage besides.
func write(tb testing.TB, s store.Exporter, compress bool) []byte {
	tb.Helper()
	var out bytes.Buffer
	w, err := archive.NewWriter(&out, about(), compress)
	if err != nil {
		tb.Fatal(err)
	}
	if err := s.Export(tb.Context(), false, w.Put); err != nil {
		tb.Fatal(err)
	}
	if err := w.Put(store.DamageItem{Of: "it", What: "it is damaged"}); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

// read returns the items of the archive, and why there are no more: io.EOF at its end.
func read(data io.Reader) (items []store.Item, err error) {
	r, err := archive.NewReader(data)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	for {
		item, err := r.Next()
		if err != nil {
			return items, err
		}
		items = append(items, item)
	}
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, compress := range []bool{false, true} {
		t.Run(fmt.Sprint("compressed ", compress), func(t *testing.T) {
			t.Parallel()
			s := stocked(t)
			data := write(t, s, compress)
			r, err := archive.NewReader(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			if r.About() != about() {
				t.Errorf("About() = %v, want %v", r.About(), about())
			}
			r.Close()
			copied, err := memory.Import(time.Now, func(put func(store.Item) error) error {
				items, err := read(iotest.OneByteReader(bytes.NewReader(data)))
				if !errors.Is(err, io.EOF) {
					return err
				}
				last := len(items) - 1
				if damage, is := items[last].(store.DamageItem); !is || damage.What != "it is damaged" {
					t.Errorf("the last item is %v", items[last])
				}
				for _, item := range items[:last] {
					if err := put(item); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			_, want := storetest.Items(t, s)
			if _, got := storetest.Items(t, copied); strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("the copy has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

// TestTruncated cuts an archive short at every byte.
func TestTruncated(t *testing.T) {
	t.Parallel()
	for _, compress := range []bool{false, true} {
		data := write(t, stocked(t), compress)
		for size := range data {
			if _, err := read(bytes.NewReader(data[:size])); !errors.Is(err, archive.ErrTruncated) {
				t.Fatalf("the first %d bytes of %d: %v, want ErrTruncated", size, len(data), err)
			}
		}
	}
}

// TestDamaged changes every byte of an archive, and adds one.
func TestDamaged(t *testing.T) {
	t.Parallel()
	for _, compress := range []bool{false, true} {
		data := write(t, stocked(t), compress)
		for at := range data {
			changed := bytes.Clone(data)
			changed[at] ^= 0x41
			items, err := read(bytes.NewReader(changed))
			switch {
			case errors.Is(err, archive.ErrDamaged), errors.Is(err, archive.ErrTruncated):
			case at < 12 && (errors.Is(err, archive.ErrForeign) || errors.Is(err, archive.ErrNewer)):
			default:
				t.Fatalf("with the byte %d of %d changed: %d items, %v", at, len(data), len(items), err)
			}
		}
		if _, err := read(bytes.NewReader(append(data, 0))); !errors.Is(err, archive.ErrDamaged) && !errors.Is(err, archive.ErrTruncated) {
			t.Errorf("with a byte behind its end: %v", err)
		}
	}
}

// TestFramesLost takes each frame out, and puts each in twice: their checksums fit.
func TestFramesLost(t *testing.T) {
	t.Parallel()
	data := write(t, stocked(t), false)
	starts := []int{13}
	for at := 13; at < len(data); {
		at += 9 + int(binary.BigEndian.Uint32(data[at:]))
		starts = append(starts, at)
	}
	for i := 1; i+2 < len(starts); i++ {
		without := append(bytes.Clone(data[:starts[i]]), data[starts[i+1]:]...)
		twice := append(bytes.Clone(data[:starts[i+1]]), data[starts[i]:]...)
		for _, changed := range [][]byte{without, twice} {
			if _, err := read(bytes.NewReader(changed)); !errors.Is(err, archive.ErrDamaged) {
				t.Fatalf("frame %d: %v, want ErrDamaged", i, err)
			}
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	data := write(t, stocked(t), false)
	newer := bytes.Clone(data)
	newer[11] = 9
	if _, err := read(bytes.NewReader(newer)); !errors.Is(err, archive.ErrNewer) || !strings.Contains(err.Error(), "version 9") {
		t.Errorf("%v, want ErrNewer with the version", err)
	}
	for _, foreign := range []string{"hello, world: this is a text", "PK\x03\x04", "\x1f\x8b\x08"} {
		if _, err := read(strings.NewReader(foreign)); !errors.Is(err, archive.ErrForeign) {
			t.Errorf("%q: %v, want ErrForeign", foreign, err)
		}
	}
	own := errors.New("the network is down")
	for _, compress := range []bool{false, true} {
		data := write(t, stocked(t), compress)
		broken := io.MultiReader(bytes.NewReader(data[:len(data)/2]), iotest.ErrReader(own))
		if _, err := read(broken); !errors.Is(err, own) {
			t.Errorf("%v, want the error of what is read", err)
		}
	}
}

// TestFail: whoever reads learns why the writer could not go on.
func TestFail(t *testing.T) {
	t.Parallel()
	for _, compress := range []bool{false, true} {
		var out bytes.Buffer
		w, err := archive.NewWriter(&out, about(), compress)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Put(store.Start{Epoch: 1}), w.Fail(errors.New("the disk is gone"))); err != nil {
			t.Fatal(err)
		}
		items, err := read(&out)
		if len(items) != 1 || !errors.Is(err, archive.ErrFailed) || !strings.Contains(err.Error(), "the disk is gone") {
			t.Errorf("%v, %v, want ErrFailed with the reason", items, err)
		}
	}
}
