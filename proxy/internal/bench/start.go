package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/stateward/stateward/proxy/internal/app"
	"github.com/stateward/stateward/proxy/internal/bench/lean"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// starts is how many proxies are started one after the other.
const starts = 9

// startName is what -only matches.
const startName = "start"

// start is what the program stateward-proxy costs that nobody has called yet, with a
// function that is up; all 0 where it was not measured.
type start struct {
	ready    time.Duration // from the start of its process to the open service port, the median
	answered time.Duration // to the first answer
	resident float64       // bytes of memory behind that answer, the median
}

// start starts the program, one process after the other, on a store that is there
// already: the first of them makes it, and does not count.
func (l *lab) start(ctx context.Context) (measured start, err error) {
	if l.program == "" || !l.only.MatchString(startName) {
		return measured, nil
	}
	data := filepath.Join(l.dir, startName)
	var ready, answered []time.Duration
	var resident []float64
	for n := range starts + 1 {
		one, err := l.startOnce(ctx, data)
		if err != nil {
			return measured, fmt.Errorf("%s: %w", startName, err)
		}
		if n > 0 {
			ready, answered, resident = append(ready, one.ready), append(answered, one.answered), append(resident, one.resident)
		}
	}
	return start{ready: percentile(ready, 50), answered: percentile(answered, 50), resident: percentile(resident, 50)}, nil
}

// startOnce starts the program and calls it once.
func (l *lab) startOnce(ctx context.Context, data string) (s start, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	command := exec.CommandContext(ctx, l.program,
		"--function", l.parts[plainFunction].at.TCP, "--data", data, "--listen", loopback, "--admin", loopback, "--log-format", "json")
	log, err := command.StderrPipe()
	if err != nil {
		return s, err
	}
	begin := time.Now()
	if err := command.Start(); err != nil {
		return s, err
	}
	defer func() { // It has nothing that anybody needs.
		_ = command.Process.Kill()
		_ = command.Wait()
	}()
	lines := bufio.NewScanner(log)
	address, err := opened(lines)
	if err != nil {
		return s, err
	}
	s.ready = time.Since(begin)
	c, err := dial(address, 1)
	if err != nil {
		return s, err
	}
	err = c.call(ctx, 0, lean.Method(wire.EventSourced, "Get"), lean.Get("first"))
	s.answered = time.Since(begin)
	if err = errors.Join(err, c.close()); err != nil {
		return s, err
	}
	bytes, err := residentOf(strconv.Itoa(command.Process.Pid))
	s.resident = float64(bytes)
	return s, err
}

// opened returns the address of the service port, once the log says that it is open.
func opened(log *bufio.Scanner) (string, error) {
	for log.Scan() {
		var line struct{ Msg, Port, Address string }
		if json.Unmarshal(log.Bytes(), &line) == nil && line.Port == app.PortService {
			return line.Address, nil
		}
	}
	return "", errors.Join(errors.New("the proxy ended before its port was open"), log.Err())
}
