package main

import (
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/stateward/stateward/reference-impl/go/sdk"
	cloudstatemodel "github.com/stateward/stateward/tck/gen/cloudstate/tck/model"
)

// cloudstate has the names of the models in Cloudstate 0.2.
func cloudstate() *sdk.Cloudstate {
	return &sdk.Cloudstate{
		Names: map[protoreflect.FullName]protoreflect.FullName{
			"stateward.tck.eventsourced.v1.EventSourcedTckModelService":   "cloudstate.tck.model.EventSourcedTckModel",
			"stateward.tck.eventsourced.v1.EventSourcedTwoService":        "cloudstate.tck.model.EventSourcedTwo",
			"stateward.tck.eventsourced.v1.EventSourcedConfiguredService": "cloudstate.tck.model.EventSourcedConfigured",
			"stateward.tck.eventsourced.v1.ProcessRequest":                "cloudstate.tck.model.Request",
			"stateward.tck.eventsourced.v1.ProcessResponse":               "cloudstate.tck.model.Response",
			"stateward.tck.eventsourced.v1.Persisted":                     "cloudstate.tck.model.Persisted",
		},
		Files: []protoreflect.FileDescriptor{cloudstatemodel.File_cloudstate_tck_model_model_proto},
	}
}
