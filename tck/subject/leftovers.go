package subject

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/moby/client"
)

// Leftover is something that a run of the kit has made, and that outlived it.
type Leftover struct {
	// Kind is "process", "container", "network" or "volume".
	Kind string
	// Name is its process id, or its name at the engine.
	Name string
	// About says what it is, such as its command or image; may be empty.
	About string
	// Owner is the process of the kit that made it, as HOST/PID; may be empty.
	Owner string
}

// Removal is the command that ends it.
func (l Leftover) Removal() string {
	switch l.Kind {
	case "process":
		return "kill -9 " + l.Name
	case "container":
		return "docker rm --force --volumes " + l.Name
	default:
		return fmt.Sprintf("docker %s rm %s", l.Kind, l.Name)
	}
}

// Engine asks the Docker engine for its version, and for what runs of the kit that
// have ended left there. What a run that goes on has made is not among it; of one
// on another machine, nobody can tell. Without an engine the error is ErrNoEngine.
func Engine(ctx context.Context) (version string, left []Leftover, err error) {
	engine, err := dockerEngine(ctx)
	if err != nil {
		return "", nil, err
	}
	defer engine.Close() //nolint:errcheck // it was only read
	return leftOn(ctx, engine)
}

// leftOn is Engine of this one.
func leftOn(ctx context.Context, engine client.APIClient) (version string, left []Leftover, err error) {
	about, err := engine.ServerVersion(ctx, client.ServerVersionOptions{})
	if err != nil {
		return "", nil, fmt.Errorf("%w: %w", ErrNoEngine, err)
	}
	ours := client.Filters{}.Add("name", namePrefix)
	containers, err := engine.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: ours})
	for _, c := range containers.Items {
		name := strings.TrimPrefix(strings.Join(c.Names, ","), "/")
		left = append(left, Leftover{Kind: "container", Name: name, About: c.Image, Owner: c.Labels[ownerLabel]})
	}
	networks, failed := engine.NetworkList(ctx, client.NetworkListOptions{Filters: ours})
	err = errors.Join(err, failed)
	for _, n := range networks.Items {
		left = append(left, Leftover{Kind: "network", Name: n.Name, Owner: n.Labels[ownerLabel]})
	}
	volumes, failed := engine.VolumeList(ctx, client.VolumeListOptions{Filters: ours})
	for _, v := range volumes.Items {
		left = append(left, Leftover{Kind: "volume", Name: v.Name, Owner: v.Labels[ownerLabel]})
	}
	return about.Version, orphans(left), errors.Join(err, failed)
}

// Processes returns the processes of this machine that runs of the kit have started,
// and that outlived them: a run that is killed by SIGKILL ends nothing. Only Linux
// tells; elsewhere there are none.
func Processes() []Leftover {
	var left []Leftover
	environments, _ := filepath.Glob("/proc/[0-9]*/environ") // the pattern is valid
	for _, path := range environments {
		if owner := ownerIn(path); owner != "" {
			dir := filepath.Dir(path)
			left = append(left, Leftover{Kind: "process", Name: filepath.Base(dir), About: commandOf(dir), Owner: owner})
		}
	}
	return orphans(left)
}

// ownerIn is the owner that the environment of a process names. That of another
// user's process cannot be read, and names none.
func ownerIn(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	for variable := range strings.SplitSeq(string(text), "\x00") {
		if owner, found := strings.CutPrefix(variable, ownerVariable+"="); found {
			return owner
		}
	}
	return ""
}

// commandOf is the command line of a process.
func commandOf(dir string) string {
	text, err := os.ReadFile(filepath.Join(dir, "cmdline"))
	if err != nil {
		return ""
	}
	return printable(strings.TrimSpace(strings.ReplaceAll(string(text), "\x00", " ")))
}

// orphans keeps what nobody who is known to run owns.
func orphans(left []Leftover) []Leftover {
	return slices.DeleteFunc(left, func(l Leftover) bool { return alive(l.Owner) })
}
