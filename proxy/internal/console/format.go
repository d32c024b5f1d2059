package console

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	adminv1alpha1 "github.com/stateward/stateward/proxy/gen/stateward/proxy/admin/v1alpha1"
)

// funcs are what the templates call.
func funcs() template.FuncMap {
	return template.FuncMap{
		"ago": ago, "bytes": bytesOf, "clock": clock, "count": count, "entityLink": entityLink, "indent": indent,
		"kind": kindOf, "latency": latency, "length": length, "machine": machine, "mark": mark, "pages": func() []string { return names()[:5] },
		"preview": preview, "rate": rate, "short": short, "standing": standingOf, "title": title,
	}
}

// title is a word as a heading has it.
func title(word string) string { return strings.ToUpper(word[:1]) + word[1:] }

// short is what stands behind the last dot, or the last slash, of a name.
func short(name string) string { return name[strings.LastIndexAny(name, "./")+1:] }

// rate shows so many a second.
func rate(perSecond float64) string {
	switch {
	case perSecond == 0:
		return "0"
	case perSecond < 10:
		return fmt.Sprintf("%.1f", perSecond)
	default:
		return count(int64(math.Round(perSecond)))
	}
}

// count shows a number, its thousands apart.
func count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for at := len(digits) - 3; at > 0 && digits[at-1] != '-'; at -= 3 {
		digits = digits[:at] + "\u202f" + digits[at:]
	}
	return digits
}

// bytesOf shows a size.
func bytesOf(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d B", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	case n < 1<<30:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	default:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	}
}

// latency shows how long an answer took; a dash where there was none.
func latency(d *durationpb.Duration) string {
	if d == nil {
		return "–"
	}
	return milliseconds(float64(d.AsDuration()) / float64(time.Millisecond))
}

// milliseconds shows a short time.
func milliseconds(ms float64) string {
	switch {
	case ms < 10:
		return fmt.Sprintf("%.1f ms", ms)
	case ms < 1000:
		return fmt.Sprintf("%.0f ms", ms)
	default:
		return fmt.Sprintf("%.1f s", ms/1000)
	}
}

// length shows a whole length of time, such as "10 s" or "5 min".
func length(d *durationpb.Duration) string { return roughly(d.AsDuration()) }

// roughly shows a time in its largest unit.
func roughly(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	default:
		return fmt.Sprintf("%d days", int(d.Hours()/24))
	}
}

// ago shows how long ago something was.
func ago(t *timestamppb.Timestamp) string {
	if t == nil {
		return "–"
	}
	d := time.Since(t.AsTime())
	if d < time.Second {
		return "just now"
	}
	return roughly(d) + " ago"
}

// clock shows when something was, to the millisecond and in UTC.
func clock(t *timestamppb.Timestamp) string {
	if t == nil {
		return "–"
	}
	return t.AsTime().UTC().Format("2006-01-02 15:04:05.000 UTC")
}

// machine is clock for programs.
func machine(t *timestamppb.Timestamp) string {
	if t == nil {
		return ""
	}
	return t.AsTime().UTC().Format(time.RFC3339Nano)
}

// kindOf names a kind.
func kindOf(kind adminv1alpha1.Kind) string { return plain(kind.String(), "KIND_") }

// standingOf names a standing.
func standingOf(standing adminv1alpha1.Standing) string { return plain(standing.String(), "STANDING_") }

// plain makes words of an enum's name.
func plain(name, prefix string) string {
	return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(name, prefix), "_", " "))
}

// mark is a sign for a standing, which its name stands beside.
func mark(standing adminv1alpha1.Standing) string {
	switch standing {
	case adminv1alpha1.Standing_STANDING_RECOVERING:
		return "◔"
	case adminv1alpha1.Standing_STANDING_WORKING:
		return "●"
	case adminv1alpha1.Standing_STANDING_LEAVING:
		return "◌"
	default:
		return "○"
	}
}

// indent shows JSON over several lines.
func indent(value *structpb.Value) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false) // The template escapes.
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value.AsInterface()); err != nil {
		return err.Error()
	}
	return strings.TrimRight(b.String(), "\n")
}

// preview shows bytes that nobody can read.
func preview(encoded []byte) string { return base64.StdEncoding.EncodeToString(encoded) }

// entityLink is where the page of an entity is.
func entityLink(service, key string) string {
	return "/entity?" + url.Values{"service": {service}, "key": {key}}.Encode()
}
