package function

import (
	"context"
	"fmt"
	"strings"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
)

// reportQueue is how many reports may wait. They are told one after the other;
// what comes while as many wait is dropped.
const reportQueue = 256

// What a report may hold: bytes of a text, and places.
const (
	longestText = 4096
	mostPlaces  = 64
)

// Report queues a report for the function and returns at once: no command waits
// for it (DISC-REPORT-004). A report that finds the queue full, or no function
// to tell, is dropped, logged and counted. The client keeps the report.
func (c *Client) Report(report *discoveryv1.ReportErrorRequest) {
	select {
	case c.reports <- report:
	default:
		c.drop(report, "too many reports wait")
	}
}

// sendReports tells the queued reports until ctx ends, and drops the rest.
func (c *Client) sendReports(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			for len(c.reports) > 0 {
				c.drop(<-c.reports, "the proxy stops")
			}
			return
		case report := <-c.reports:
			conn, err := c.pool.teller()
			if err != nil {
				c.drop(report, err.Error())
				continue
			}
			c.tell(ctx, conn, report)
		}
	}
}

// bound cuts what a report may have no more of (DISC-REPORT-006).
func bound(report *discoveryv1.ReportErrorRequest) {
	report.Message = entity.Shorten(report.GetMessage(), longestText)
	report.Detail = entity.Shorten(report.GetDetail(), longestText)
	report.SourceLocations = report.GetSourceLocations()[:min(len(report.GetSourceLocations()), mostPlaces)]
}

// plainly returns a report whose message says what else it has, for a function that
// reads the message alone (DIA-REPORT-001).
func plainly(report *discoveryv1.ReportErrorRequest) *discoveryv1.ReportErrorRequest {
	var about []string
	if report.GetServiceName() != "" {
		about = append(about, report.GetServiceName())
	}
	if report.GetEntityId() != "" {
		about = append(about, fmt.Sprintf("entity %q", report.GetEntityId()))
	}
	if report.GetCommandId() != 0 {
		about = append(about, fmt.Sprintf("command %d", report.GetCommandId()))
	}
	text := report.GetCode() + ": " + report.GetMessage()
	if len(about) > 0 {
		text = report.GetCode() + ", " + strings.Join(about, ", ") + ": " + report.GetMessage()
	}
	return &discoveryv1.ReportErrorRequest{Message: text}
}

// tell tells one report on the connection.
func (c *Client) tell(ctx context.Context, conn *connection, report *discoveryv1.ReportErrorRequest) {
	told := report
	if conn.dialect.Cloudstate {
		told = plainly(report)
	}
	bound(told)
	answer := &received{message: new(discoveryv1.ReportErrorResponse)}
	if err := conn.call(ctx, conn.dialect.ReportError, told, answer, c.config.ReportTimeout); err != nil {
		c.config.Observer.Reported("failed")
		c.config.Log.Warn("the user function could not be told of a mistake", "requirement", report.GetCode(), "error", err)
		return
	}
	c.config.Observer.Reported("sent")
}

// drop notes a report that is not sent.
func (c *Client) drop(report *discoveryv1.ReportErrorRequest, why string) {
	c.config.Observer.Reported("dropped")
	c.config.Log.Warn("a report to the user function is dropped", "requirement", report.GetCode(), "message", report.GetMessage(), "why", why)
}
