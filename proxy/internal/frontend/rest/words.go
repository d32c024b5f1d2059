package rest

import (
	"errors"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
)

// words returns the function's own description of a failure, where err is one.
func words(err error) (text string, said bool) {
	if failure, is := errors.AsType[*entity.Failure](err); is {
		return failure.Description, true // DIA-ANSWER-002
	}
	if broken, is := errors.AsType[*fault.Error](err); is && errors.Is(broken, fault.ErrSaid) {
		return broken.Text, true // DIA-ANSWER-003
	}
	return "", false
}
