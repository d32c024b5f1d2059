package app_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stateward/stateward/tck/app"
)

func TestInit(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "library")
	run(t, "init", "--lang", "python", dir).expect(t, app.ExitPassed,
		"wrote model.py", "wrote proto/, 20 protos", "Next, in "+dir+":", "  buf generate\n", "  tck function cmd:'env PYTHONPATH=gen")
	run(t, "init", "--lang", "python", dir).expect(t, app.ExitPassed, "wrote model.py") // the same is no difference
	if err := os.WriteFile(filepath.Join(dir, "model.py"), []byte("pass\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "init", "--lang", "python", dir).expect(t, app.ExitUsage,
		"nothing was written, for there stands something else in model.py; --force writes over it")
	run(t, "init", "--lang", "python", "--force", dir).expect(t, app.ExitPassed, "wrote model.py")

	run(t, "init", dir).expect(t, app.ExitUsage, "which language? --lang go|python|typescript|java|rust")
	run(t, "init", "--lang", "cobol", dir).expect(t, app.ExitUsage, `there is no project in "cobol"; there is one in go, python`)
	run(t, "init", "--lang", "go", filepath.Join(file(t, "file", ""), "dir")).expect(t, app.ExitKit, "the project cannot be written")
}
