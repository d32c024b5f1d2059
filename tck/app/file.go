package app

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/report"
)

// save writes a text to a file, whole or not at all.
func save(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // evidence is published
		return err
	}
	half := path + ".part"
	if err := os.WriteFile(half, text, 0o644); err != nil { //nolint:gosec // evidence is published
		return err
	}
	if err := os.Rename(half, path); err != nil {
		return fmt.Errorf("%w; the text is in %s", err, half)
	}
	return nil
}

func junit(r *tckv1.Report) ([]byte, error) {
	var out bytes.Buffer
	err := report.WriteJUnit(&out, r)
	return out.Bytes(), err
}
