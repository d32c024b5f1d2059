package pgtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// ErrAbsent says that this machine has no PostgreSQL that a test could run.
var ErrAbsent = errors.New("this machine has no PostgreSQL server to test with")

// programs are those of one installation, and who runs them.
type programs struct {
	initdb, postgres string
	user             *syscall.Credential // nil for whoever runs the test
}

// find looks for the programs in PATH, and then where Debian has them.
func find() (programs, error) {
	dir, err := directory()
	if err != nil {
		return programs{}, err
	}
	found := programs{initdb: filepath.Join(dir, "initdb"), postgres: filepath.Join(dir, "postgres")}
	if os.Getuid() == 0 {
		found.user, err = unprivileged()
	}
	return found, err
}

// directory returns where the programs are: the newest, where there are several.
func directory() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path), nil
		}
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("%w: there is no initdb in PATH or below /usr/lib/postgresql", ErrAbsent)
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })
	return filepath.Dir(newest), nil
}

// version returns the number in /usr/lib/postgresql/NUMBER/bin/initdb.
func version(path string) int {
	number, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return number
}

// unprivileged returns the user postgres: a server refuses to be run by root.
func unprivileged() (*syscall.Credential, error) {
	who, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("%w: root may not run one, and there is no user postgres", ErrAbsent)
	}
	uid, uidErr := strconv.ParseUint(who.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(who.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(uidErr, gidErr)
}
