package console

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	adminv1alpha1 "github.com/stateward/stateward/proxy/gen/stateward/proxy/admin/v1alpha1"
)

// told is what the script puts into the page: texts and paths by their names.
type told struct {
	Ready   bool              `json:"ready"`
	Reasons []string          `json:"reasons"`
	Texts   map[string]string `json:"texts"`
	Paths   map[string]string `json:"paths"`
}

// passage is one line of what comes and goes.
type passage struct {
	Time string `json:"time"`
	Text string `json:"text"`
	Key  string `json:"key"`
	Link string `json:"link"`
}

// live sends what happens as server-sent events, until the reader goes or the proxy stops.
func (c *Console) live(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	flush := http.NewResponseController(w)
	send := func(event string, data any) error {
		text, err := json.Marshal(data)
		if err == nil {
			_, err = fmt.Fprintf(w, "event: %s\ndata: %s\n\n", event, text)
		}
		if err == nil {
			err = flush.Flush()
		}
		return err
	}
	err := c.service.Follow(r.Context(), "", func(what *adminv1alpha1.WatchResponse) error {
		if passed := what.GetPassage(); passed != nil {
			return send("passage", passageOf(passed))
		}
		if what.GetOverview() == nil {
			return nil
		}
		response, err := c.service.GetOverview(r.Context(), new(adminv1alpha1.GetOverviewRequest)) // with all seconds
		if err != nil {
			return err
		}
		return send("overview", toldOf(response.GetOverview()))
	})
	if err != nil && r.Context().Err() == nil {
		_ = send("wrong", err.Error()) // Whoever has gone does not miss it.
	}
}

// toldOf says an overview to the script.
func toldOf(o *adminv1alpha1.Overview) told {
	t := told{Ready: len(o.GetReasons()) == 0, Reasons: o.GetReasons(), Texts: texts(o), Paths: map[string]string{}}
	for _, chart := range charts(o) {
		t.Texts[chart.Name], t.Texts[chart.Name+"-top"] = chart.Now, chart.Top
		t.Paths[chart.Name], t.Paths[chart.Name+"-area"], t.Paths[chart.Name+"-second"] = chart.Line, chart.Area, chart.Second
	}
	return t
}

// texts are the live texts of the overview.
func texts(o *adminv1alpha1.Overview) map[string]string {
	t := map[string]string{
		"waiting": count(o.GetWaiting()), "effects": count(o.GetEffects()), "parked": count(o.GetParked()), "now-active": count(o.GetActive()),
	}
	for i, window := range o.GetWindows() {
		for name, text := range map[string]string{
			"commands": rate(window.GetAll().GetCommands()), "failures": rate(window.GetAll().GetFailures()),
			"p50": latency(window.GetAll().GetP50()), "p99": latency(window.GetAll().GetP99()),
		} {
			t[fmt.Sprintf("window-%d-%s", i, name)] = text
		}
	}
	return t
}

func passageOf(p *adminv1alpha1.Passage) passage {
	text := "came"
	if !p.GetCame() {
		text = strings.TrimSpace("left: " + p.GetReason())
	}
	return passage{
		Time: p.GetTime().AsTime().UTC().Format("15:04:05.000"), Text: text,
		Key: p.GetKey(), Link: entityLink(p.GetService(), p.GetKey()),
	}
}
