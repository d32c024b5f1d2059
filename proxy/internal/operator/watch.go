package operator

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"

	adminv1alpha1 "github.com/stateward/stateward/proxy/gen/stateward/proxy/admin/v1alpha1"
)

// Watch shows what happens, line by line, until ctx ends or the proxy stops.
func (o *Operator) Watch(ctx context.Context, service string) error {
	request := new(adminv1alpha1.WatchRequest)
	if service != "" {
		full, err := o.Service(ctx, service)
		if err != nil {
			return err
		}
		request.Service = full
	}
	stream, err := o.service.Watch(ctx, request)
	if err != nil {
		return o.explain(err)
	}
	defer func() { _ = stream.Close() }() // Nothing is left to be read.
	for stream.Receive() {
		if o.json {
			err = o.print(stream.Msg(), false)
		} else {
			_, err = fmt.Fprintln(o.out, line(stream.Msg()))
		}
		if err != nil {
			return err
		}
	}
	if err := stream.Err(); err != nil && !errors.Is(ctx.Err(), context.Canceled) {
		return o.explain(err)
	}
	return nil
}

// line shows one thing that has happened.
func line(what *adminv1alpha1.WatchResponse) string {
	switch what := what.GetWhat().(type) {
	case *adminv1alpha1.WatchResponse_Overview:
		o := what.Overview
		second := new(adminv1alpha1.Second)
		if n := len(o.GetSeconds()); n > 0 {
			second = o.GetSeconds()[n-1]
		}
		text := fmt.Sprintf("%s  %.0f commands/s  %.0f failed/s  p50 %.1f ms  p99 %.1f ms  %d in memory  %d waiting", at(o.GetTime()),
			second.GetCommands(), second.GetFailures(), second.GetP50Ms(), second.GetP99Ms(), o.GetActive(), o.GetWaiting())
		if reasons := o.GetReasons(); len(reasons) > 0 {
			text += "  not ready: " + safe(strings.Join(reasons, "; "))
		}
		return text
	case *adminv1alpha1.WatchResponse_Passage:
		p := what.Passage
		did := "came"
		if !p.GetCame() {
			did = "left: " + safe(p.GetReason())
		}
		return fmt.Sprintf("%s  %s  %s  %s", at(p.GetTime()), safe(p.GetService()), safe(p.GetKey()), did)
	case *adminv1alpha1.WatchResponse_Missed:
		return fmt.Sprintf("(%d more came or left, faster than they could be shown)", what.Missed)
	default:
		return "(something that this version does not know)"
	}
}

// orPrint writes an answer as JSON, unless there is an error instead.
func (o *Operator) orPrint(message proto.Message, err error) error {
	if err != nil {
		return err
	}
	return o.print(message, true)
}
