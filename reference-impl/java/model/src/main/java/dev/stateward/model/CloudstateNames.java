package dev.stateward.model;

import dev.stateward.sdk.Cloudstate;
import dev.stateward.tck.cloudstate.model.Persisted;
import java.util.List;
import java.util.Map;

/**
 * The names of the models in Cloudstate 0.2: of their services, and of the messages that stand in
 * payloads.
 */
final class CloudstateNames {
  private static final String EVENT_SOURCED = "stateward.tck.eventsourced.v1.";
  private static final String VALUE = "stateward.tck.value.v1.";
  private static final String REPLICATED = "stateward.tck.replicated.v1.";
  private static final String ACTION = "stateward.tck.action.v1.";
  private static final String OLD = "cloudstate.tck.model.";

  static final Cloudstate NAMES =
      new Cloudstate(
          Map.ofEntries(
              Map.entry(
                  EVENT_SOURCED + "EventSourcedTckModelService", OLD + "EventSourcedTckModel"),
              Map.entry(EVENT_SOURCED + "EventSourcedTwoService", OLD + "EventSourcedTwo"),
              Map.entry(
                  EVENT_SOURCED + "EventSourcedConfiguredService", OLD + "EventSourcedConfigured"),
              Map.entry(EVENT_SOURCED + "ProcessRequest", OLD + "Request"),
              Map.entry(EVENT_SOURCED + "ProcessResponse", OLD + "Response"),
              Map.entry(EVENT_SOURCED + "Persisted", OLD + "Persisted"),
              Map.entry(
                  VALUE + "ValueEntityTckModelService", OLD + "valueentity.ValueEntityTckModel"),
              Map.entry(VALUE + "ValueEntityTwoService", OLD + "valueentity.ValueEntityTwo"),
              Map.entry(
                  VALUE + "ValueEntityConfiguredService",
                  OLD + "valueentity.ValueEntityConfigured"),
              Map.entry(VALUE + "ProcessRequest", OLD + "valueentity.Request"),
              Map.entry(VALUE + "ProcessResponse", OLD + "valueentity.Response"),
              Map.entry(VALUE + "Persisted", OLD + "valueentity.Persisted"),
              Map.entry(REPLICATED + "ReplicatedTckModelService", OLD + "crdt.CrdtTckModel"),
              Map.entry(REPLICATED + "ReplicatedTwoService", OLD + "crdt.CrdtTwo"),
              Map.entry(REPLICATED + "ReplicatedConfiguredService", OLD + "crdt.CrdtConfigured"),
              Map.entry(REPLICATED + "ProcessRequest", OLD + "crdt.Request"),
              Map.entry(REPLICATED + "ProcessStreamedRequest", OLD + "crdt.StreamedRequest"),
              Map.entry(REPLICATED + "ProcessResponse", OLD + "crdt.Response"),
              Map.entry(REPLICATED + "ProcessStreamedResponse", OLD + "crdt.Response"),
              Map.entry(ACTION + "ActionTckModelService", OLD + "action.ActionTckModel"),
              Map.entry(ACTION + "ActionTwoService", OLD + "action.ActionTwo"),
              Map.entry(ACTION + "ProcessRequest", OLD + "action.Request"),
              Map.entry(ACTION + "ProcessResponse", OLD + "action.Response"),
              Map.entry(ACTION + "ActionTwoServiceCallRequest", OLD + "action.OtherRequest")),
          List.of(
              Persisted.getDescriptor().getFile(),
              dev.stateward.tck.cloudstate.model.valueentity.Persisted.getDescriptor().getFile(),
              dev.stateward.tck.cloudstate.model.crdt.Request.getDescriptor().getFile(),
              dev.stateward.tck.cloudstate.model.action.Request.getDescriptor().getFile()));

  private CloudstateNames() {}
}
