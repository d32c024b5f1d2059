package scaffold

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// StandsError is the error of files that stand where others were to be written.
type StandsError struct {
	// Paths are the files' own, from the directory.
	Paths []string
}

func (e *StandsError) Error() string {
	return "nothing was written, for there stands something else in " + strings.Join(e.Paths, ", ")
}

// Write writes the files below dir, which it makes where there is none. A file that
// stands there already and differs is written over only with force: without, all of
// them are named in a *StandsError, and nothing is written.
func Write(dir string, files []File, force bool) error {
	if !force {
		if err := free(dir, files); err != nil {
			return err
		}
	}
	for _, file := range files {
		to := filepath.Join(dir, filepath.FromSlash(file.Path))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil { //nolint:gosec // sources are for everyone to read
			return err
		}
		if err := os.WriteFile(to, file.Text, 0o644); err != nil { //nolint:gosec // sources are for everyone to read
			return err
		}
	}
	return nil
}

// free fails where a file below dir differs from the one that is to be there.
func free(dir string, files []File) error {
	var standing []string
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(file.Path)))
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return fmt.Errorf("what stands there cannot be read: %w", err)
		case !bytes.Equal(text, file.Text):
			standing = append(standing, file.Path)
		}
	}
	if len(standing) > 0 {
		return &StandsError{Paths: standing}
	}
	return nil
}
