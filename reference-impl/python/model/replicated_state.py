"""What the kit is told of a value of the replicated model."""

from stateward.tck.replicated.v1.replicated_pb2 import (
    FlagValue,
    GCounterValue,
    GSetValue,
    LWWRegisterMapEntryValue,
    LWWRegisterMapValue,
    LWWRegisterValue,
    ORMapEntryValue,
    ORMapValue,
    ORMultiMapEntryValue,
    ORMultiMapValue,
    ORSetValue,
    PNCounterMapEntryValue,
    PNCounterMapValue,
    PNCounterValue,
    State,
    VoteValue,
)

from sdk.replicated.crdt import (
    Flag,
    GCounter,
    GSet,
    LWWRegister,
    LWWRegisterMap,
    ORMap,
    ORMultiMap,
    ORSet,
    PNCounter,
    PNCounterMap,
    Value,
    Vote,
)


def state_of(value: Value) -> State:
    """Return the value as the kit reads it: a new message with each call, elements and keys sorted."""
    match value:
        case GCounter():
            return State(gcounter=GCounterValue(value=int(value)))
        case PNCounter():
            return State(pncounter=PNCounterValue(value=int(value)))
        case GSet():
            return State(gset=GSetValue(elements=sorted(value)))
        case ORSet():
            return State(orset=ORSetValue(elements=sorted(value)))
        case LWWRegister():
            return State(lwwregister=LWWRegisterValue(value=value.value))
        case Flag():
            return State(flag=FlagValue(value=bool(value)))
        case Vote():
            return State(
                vote=VoteValue(self_vote=value.mine, votes_for=value.votes, total_voters=value.voters)
            )
        case ORMap():
            entries = [ORMapEntryValue(key=key, value=state_of(value[key])) for key in sorted(value)]
            return State(ormap=ORMapValue(entries=entries))
        case PNCounterMap():
            counters = [
                PNCounterMapEntryValue(key=key, counter=PNCounterValue(value=value[key]))
                for key in sorted(value)
            ]
            return State(pncounter_map=PNCounterMapValue(entries=counters))
        case LWWRegisterMap():
            registers = [
                LWWRegisterMapEntryValue(key=key, register=LWWRegisterValue(value=value[key]))
                for key in sorted(value)
            ]
            return State(lwwregister_map=LWWRegisterMapValue(entries=registers))
        case ORMultiMap():
            sets = [
                ORMultiMapEntryValue(key=key, set=ORSetValue(elements=sorted(value[key])))
                for key in sorted(value)
            ]
            return State(ormulti_map=ORMultiMapValue(entries=sets))
        case _:
            raise TypeError(f"the model has no {type(value).__name__}")
