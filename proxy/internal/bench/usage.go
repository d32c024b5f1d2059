package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// used returns what this process has used.
func used(err error) usage {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	u := usage{
		CPU: cpu(), Resident: resident(), Heap: int64(m.HeapAlloc), Stacks: int64(m.StackInuse), Goroutines: runtime.NumGoroutine(),
	}
	if err != nil {
		u.Err = err.Error()
	}
	return u
}

// cpu is the time that this process has had.
func cpu() time.Duration {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// resident is the memory of this process in bytes, as the system counts it; what Go has
// from the system where the system does not say.
func resident() int64 {
	if bytes, err := residentOf("self"); err == nil {
		return bytes
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys - m.HeapReleased)
}

// residentOf is the memory of a process in bytes, as the system counts it.
func residentOf(process string) (int64, error) {
	text, err := os.ReadFile(filepath.Join("/proc", process, "statm"))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0, fmt.Errorf("the system says %q of a process", text)
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize()), err
}
