package docs_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stateward/stateward/tck/subject"
)

// TestProxyPage does what the proxy's page says, in a copy of the checkout, and on ports
// that nobody has.
func TestProxyPage(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"curl", "make", "bash"} {
		if _, err := exec.LookPath(program); err != nil && os.Getenv("CI") != "true" {
			t.Skipf("the page needs %s, and this machine lacks it", program)
		}
	}
	s := newShell(t)
	copyCheckout(t, s.dir)
	function, service, admin := freePort(t), freePort(t), freePort(t)
	s.env = append(
		s.env,
		"PORT="+function, "STATEWARD_FUNCTION=127.0.0.1:"+function,
		"STATEWARD_LISTEN=127.0.0.1:"+service, "STATEWARD_ADMIN=127.0.0.1:"+admin,
	)
	s.say = strings.NewReplacer("127.0.0.1:9000", "127.0.0.1:"+service, "127.0.0.1:9001", "127.0.0.1:"+admin)
	if commands := walk(t, s, filepath.Join(s.dir, "proxy", "README.md")); commands < 4 {
		t.Errorf("the page has %d blocks of commands: the walk is wrong", commands)
	}
}

// copyCheckout copies the repository's files, and nothing that was built.
func copyCheckout(t *testing.T, into string) {
	t.Helper()
	root := os.DirFS("..")
	err := fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != "." && (entry.Name()[0] == '.' || slices.Contains([]string{"node_modules", "target", "dist"}, entry.Name())):
			return fs.SkipDir
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(into, path), 0o750)
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		content, err := fs.ReadFile(root, path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(into, path), content, info.Mode().Perm())
	})
	if err != nil {
		t.Fatal(err)
	}
}

// freePort returns a port that nobody else is given until the page's commands have it,
// which they have only when they have built what listens there.
func freePort(t *testing.T) string {
	t.Helper()
	port, err := subject.FreePort(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return strconv.Itoa(port)
}
