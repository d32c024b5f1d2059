package way

import (
	"context"
	"errors"

	"google.golang.org/grpc/status"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
)

// maxText is the longest message of a status in bytes. What the domain says is
// shorter (CORE-LIMIT-014), and the proxy says little more around it.
const maxText = 2 * entity.MaxDescription

// Status returns err as the caller gets it: with the status that it has, or that a
// context's end has, or INTERNAL; that of nil is OK. Its message is one that headers can
// carry.
func Status(err error) *status.Status {
	if err == nil {
		return nil // which is OK
	}
	if _, ok := errors.AsType[interface {
		error
		GRPCStatus() *status.Status
	}](err); ok {
		return short(status.Convert(err))
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return status.FromContextError(err)
	}
	return Status(fault.New(fault.Internal, "%w", err))
}

// short returns the status with a message that headers can carry.
func short(s *status.Status) *status.Status {
	whole := s.Proto()
	whole.Message = entity.Shorten(whole.GetMessage(), maxText)
	return status.FromProto(whole)
}
