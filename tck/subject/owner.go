package subject

import (
	"fmt"
	"maps"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/testcontainers/testcontainers-go"
)

const (
	// namePrefix leads the name of everything that the kit makes at the engine.
	namePrefix = "stateward-tck-"
	// ownerLabel names the process of the kit that made it.
	ownerLabel = "dev.stateward.tck.owner"
	// ownerVariable does so in the environment of a process that the kit started.
	ownerVariable = "STATEWARD_TCK_OWNER"
)

// self names this process among those of every machine, as HOST/PID.
func self() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s/%d", host, os.Getpid())
}

// ownership is the label of what this process makes.
func ownership() map[string]string { return map[string]string{ownerLabel: self()} }

// labels are those of what testcontainers does not make for the kit.
func labels() map[string]string {
	all := testcontainers.GenericLabels()
	maps.Copy(all, ownership())
	return all
}

// alive reports whether the owner is a process of this machine that still runs. Of
// one elsewhere nobody here can tell.
func alive(owner string) bool {
	host, number, found := strings.Cut(owner, "/")
	pid, err := strconv.Atoi(number)
	mine, _, _ := strings.Cut(self(), "/")
	if !found || err != nil || pid <= 0 || host != mine {
		return false
	}
	err = syscall.Kill(pid, 0)
	return err == nil || err == syscall.EPERM //nolint:errorlint // a bare errno
}
