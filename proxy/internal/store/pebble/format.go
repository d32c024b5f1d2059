package pebble

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/cockroachdb/pebble/v2/vfs"
)

const (
	// formatFile is the file in the store's directory that says what the
	// directory is. It is written before anything else there is.
	formatFile = "FORMAT"
	// formatName is what the file calls this backend's format.
	formatName = "stateward-pebble"
	// unfinishedName is what it calls one that is being filled.
	unfinishedName = "stateward-pebble-unfinished"
	// formatVersion is the version that this code reads and writes.
	formatVersion = 2
	// formatLimit is how much of the file is read, in bytes.
	formatLimit = 4096
)

// encodeFormat returns what the file holds.
func encodeFormat() []byte { return fmt.Appendf(nil, "%s %d\n", formatName, formatVersion) }

// encodeUnfinished returns what the file holds while the directory is being filled: no
// version of any program reads it.
func encodeUnfinished() []byte { return fmt.Appendf(nil, "%s %d\n", unfinishedName, formatVersion) }

// parseFormat returns the version in the first line of the file. A version newer
// than this code may have more lines; this one may not.
func parseFormat(data []byte) (uint64, error) {
	line, rest, ended := bytes.Cut(data, []byte("\n"))
	if ended && bytes.HasPrefix(line, []byte(unfinishedName+" ")) {
		return 0, ErrUnfinished
	}
	digits, named := bytes.CutPrefix(line, []byte(formatName+" "))
	if !ended || !named {
		return 0, fmt.Errorf("it begins with %.40q, not with %q", data, formatName)
	}
	version, err := strconv.ParseUint(string(digits), 10, 64)
	switch {
	case err != nil, version == 0, digits[0] == '0', digits[0] == '+':
		return 0, fmt.Errorf("%.40q is no version", digits)
	case version <= formatVersion && len(rest) > 0:
		return 0, fmt.Errorf("version %d has one line, and %.40q follows it", version, rest)
	}
	return version, nil
}

// readFormat reads the file with the name.
func readFormat(files vfs.FS, name string) (version uint64, err error) {
	file, err := files.Open(name)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	data, err := io.ReadAll(io.LimitReader(file, formatLimit))
	if err != nil {
		return 0, err
	}
	return parseFormat(data)
}

// writeFormat writes the file into the directory, so that it is there as a whole
// or not at all, and durable.
func writeFormat(files vfs.FS, dir string, data []byte) error {
	whole := files.PathJoin(dir, formatFile)
	if err := writeSynced(files, whole+partial, data); err != nil {
		return err
	}
	if err := files.Rename(whole+partial, whole); err != nil {
		return err
	}
	return syncDir(files, dir)
}

// partial ends the name of a file that is not yet whole.
const partial = ".partial"

func writeSynced(files vfs.FS, name string, data []byte) (err error) {
	file, err := files.Create(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if _, err := file.Write(data); err != nil {
		return err
	}
	return file.Sync()
}

func syncDir(files vfs.FS, name string) (err error) {
	dir, err := files.OpenDir(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dir.Close()) }()
	return dir.Sync()
}
