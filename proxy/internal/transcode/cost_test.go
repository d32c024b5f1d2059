package transcode_test

import (
	"runtime"
	"strings"
	"testing"
)

// TestCost holds what the bodies cost that say most with fewest bytes: all that is
// allocated for one is a bounded multiple of its size, so that a caller who sends the
// largest (HTTP-LIMIT-001) cannot fill the memory. It runs beside no other test.
func TestCost(t *testing.T) {
	const size, most = 1 << 20, 150
	registry := shop(t)
	for name, element := range map[string]string{
		"children": `{}`, "values": `0`, "strings": `""`, "int32s": `0`, "anys": `{}`, "times": `"1970-01-01T00:00:00Z"`, "object": `{}`,
	} {
		t.Run(name, func(t *testing.T) {
			begin, end := `{"`+name+`":[`+element, `]}`
			if name == "object" {
				begin, end = `{"object":{"a":[`+element, `]}}`
			}
			asked := call{line: "POST /echo", body: begin + strings.Repeat(","+element, size/(len(element)+1)) + end}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, payload, err := asked.payload(registry)
			runtime.ReadMemStats(&after)
			if err != nil {
				t.Fatal(err)
			}
			times := (after.TotalAlloc - before.TotalAlloc) / uint64(len(asked.body))
			t.Logf("%d times its size, for %d bytes", times, len(payload))
			if times > most {
				t.Errorf("it costs %d times its size, and may cost %d times", times, most)
			}
		})
	}
}
