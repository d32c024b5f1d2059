package mutant

import (
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	lifecyclev1 "github.com/stateward/stateward/protocol/gen/stateward/lifecycle/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

type (
	watchRequest  = lifecyclev1.WatchRequest
	watchResponse = lifecyclev1.WatchResponse
	watchMachine  = defect.Machine[watchRequest, watchResponse]
)

// watch is one call of Watch, correct in every way. It is pure; [watch.step] is its
// machine.
type watch struct {
	started, leaves bool
	wrong           bool // the call is ended with INVALID_ARGUMENT
}

func (w *watch) step(in *watchRequest) ([]*watchResponse, bool) {
	switch in.GetMessage().(type) {
	case *lifecyclev1.WatchRequest_Start:
		if w.started {
			return w.refuse()
		}
		w.started = true
		return []*watchResponse{well("")}, false
	case *lifecyclev1.WatchRequest_Draining:
		if !w.started || w.leaves {
			return w.refuse()
		}
		w.leaves = true
		return nil, false
	default:
		if in == nil {
			return nil, true
		}
		return w.refuse()
	}
}

func (w *watch) refuse() ([]*watchResponse, bool) {
	w.wrong = true
	return nil, true
}

func well(reason string) *watchResponse {
	return &watchResponse{Message: &lifecyclev1.WatchResponse_Health{Health: &lifecyclev1.FunctionHealth{
		Status: lifecyclev1.HealthStatus_HEALTH_STATUS_SERVING, Reason: reason,
	}}}
}

// lifecycle serves Watch.
type lifecycle struct {
	lifecyclev1.UnimplementedLifecycleServiceServer

	bent defect.Instance
}

// Watch serves one call.
func (l lifecycle) Watch(stream grpc.BidiStreamingServer[watchRequest, watchResponse]) error {
	w := &watch{}
	if err := defect.Converse(l.bent, stream, defect.Step(l.bent, w, w.step)); err != nil {
		return err
	}
	if w.wrong {
		return status.Error(codes.InvalidArgument, "no message for now")
	}
	return nil
}

// watchMutants are wrong on Watch.
func watchMutants() []defect.Mutant {
	bent := func(bend func(w *watch, next watchMachine) watchMachine) defect.Defect {
		return defect.Bent[watch, watchRequest, watchResponse](bend)
	}
	// saying is what a function says wrongly when it is asked how it is.
	saying := func(out ...*watchResponse) defect.Defect {
		return bent(func(_ *watch, next watchMachine) watchMachine {
			return func(in *watchRequest) ([]*watchResponse, bool) {
				right, end := next(in)
				if len(right) > 0 {
					return out, end
				}
				return right, end
			}
		})
	}
	leaving := &watchResponse{Message: &lifecyclev1.WatchResponse_Draining{Draining: &lifecyclev1.FunctionDraining{}}}
	calls := []string{"lifecycle/watch/"}
	return []defect.Mutant{
		{
			Name: "watches-without-incarnation", KilledBy: "LIFE-WATCH-010", Message: "it is empty",
			MayAlsoFail: []string{"discovery/info/incarnation"},
			Defect:      informing(func(info *discoveryv1.ServiceInfo) { info.IncarnationId = "" }),
		},
		{Name: "says-nothing-of-its-health", KilledBy: "LIFE-HEALTH-001", Message: "nothing within", MayAlsoFail: calls, Defect: saying()},
		{
			Name: "gives-a-long-reason", KilledBy: "LIFE-HEALTH-006", Message: "a reason of 1025 B",
			Defect: saying(well(string(make([]byte, 1025)))),
		},
		{Name: "drains-before-it-is-well", KilledBy: "LIFE-WATCH-007", Message: "got draining", MayAlsoFail: calls, Defect: saying(leaving, well(""))},
		{Name: "says-an-empty-message", KilledBy: "LIFE-WATCH-007", Message: "no case is set", MayAlsoFail: calls, Defect: saying(well(""), &watchResponse{})},
		{
			Name: "watches-for-ever", KilledBy: "LIFE-DRAIN-008", Message: "nothing within", MayAlsoFail: calls,
			Defect: bent(func(_ *watch, next watchMachine) watchMachine {
				return func(in *watchRequest) ([]*watchResponse, bool) {
					out, end := next(in)
					return out, end && in != nil
				}
			}),
		},
		{
			Name: "serves-no-watch", KilledBy: "LIFE-WATCH-011", Message: "end Unimplemented", MayAlsoFail: calls,
			Defect: func() defect.Instance {
				return defect.Bending[watch, watchRequest, watchResponse](func(*watch, watchMachine) watchMachine {
					return func(*watchRequest) ([]*watchResponse, bool) { return nil, true }
				}).EndingWith(status.Error(codes.Unimplemented, "no Watch here"))
			},
		},
		{
			Name: "serves-nobody-once-a-proxy-leaves", KilledBy: "LIFE-STOP-008", Message: "end OK", MayAlsoFail: calls,
			Defect: leavingWithTheProxy,
		},
		{
			Name: "overlooks-a-second-start", KilledBy: "LIFE-WATCH-002", Message: "nothing within",
			Defect: bent(func(w *watch, next watchMachine) watchMachine {
				return func(in *watchRequest) ([]*watchResponse, bool) {
					if w.started && in.GetStart() != nil {
						return nil, false
					}
					return next(in)
				}
			}),
		},
		{
			Name: "ends-a-wrong-watch-in-peace", KilledBy: "LIFE-WATCH-002", Message: "end OK",
			Defect: bent(func(w *watch, next watchMachine) watchMachine {
				return func(in *watchRequest) ([]*watchResponse, bool) {
					out, end := next(in)
					w.wrong = false
					return out, end
				}
			}),
		},
	}
}

// leavingWithTheProxy ends each Watch that begins after a proxy has said that it drains.
func leavingWithTheProxy() defect.Instance {
	var over atomic.Bool
	return defect.Bending[watch, watchRequest, watchResponse](func(_ *watch, next watchMachine) watchMachine {
		return func(in *watchRequest) ([]*watchResponse, bool) {
			if in.GetStart() != nil && over.Load() {
				return nil, true
			}
			if in.GetDraining() != nil {
				over.Store(true)
			}
			return next(in)
		}
	})
}
