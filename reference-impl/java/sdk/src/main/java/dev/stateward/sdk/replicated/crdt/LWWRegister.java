package dev.stateward.sdk.replicated.crdt;

import com.google.protobuf.Any;
import dev.stateward.replicated.v1.Delta;
import dev.stateward.replicated.v1.LWWRegisterDelta;

/** Holds one value, that of the last write. */
public final class LWWRegister<T> implements Entry {
  private final Codec<T> codec;
  private Held<T> held;
  private Held<T> before; // at the last commit
  private Clock clock = Clock.DEFAULT; // of the write, where one was made
  private boolean created = true; // and not yet committed
  private boolean written; // since the last commit

  /**
   * A value, and how it is packed here: early, so that whoever sets one that cannot be hears it.
   */
  private record Held<T>(T value, Any form) {}

  /** Creates a register with this value. */
  public LWWRegister(Codec<T> codec, T initial) {
    this(codec);
    held = new Held<>(initial, codec.pack(initial));
    before = held;
  }

  /** Creates a register that is written to before anything else is done with it. */
  LWWRegister(Codec<T> codec) {
    this.codec = codec;
  }

  /** Returns the value. */
  public T get() {
    return held == null ? null : held.value();
  }

  /**
   * Sets the value by the proxy's clock. It is a write also where the value is the same
   * (REP-LWW-003).
   */
  public void set(T value) {
    set(value, Clock.DEFAULT);
  }

  /** Sets the value by this clock. */
  public void set(T value, Clock clock) {
    held = new Held<>(value, codec.pack(value));
    this.clock = clock;
    written = true;
  }

  /** Takes the value, and compares no times (REP-LWW-004). */
  @Override
  public boolean apply(Delta delta) throws InvalidDeltaException {
    InvalidDeltaException.requireType(delta, Delta.DeltaCase.LWWREGISTER);
    if (!delta.getLwwregister().hasValue()) {
      throw new InvalidDeltaException("a register's delta without value");
    }
    var value = codec.unpack(delta.getLwwregister().getValue());
    var received = new Held<>(value, codec.pack(value));
    var changes = created || !held.form().equals(received.form());
    held = received;
    before = received;
    created = false;
    return changes;
  }

  @Override
  public boolean changed() {
    return created || written;
  }

  /** Returns the last value that was set, with its clock (REP-LWW-001, REP-LWW-002). */
  @Override
  public Delta delta() {
    var write = LWWRegisterDelta.newBuilder();
    if (changed()) {
      write.setValue(held.form()).setClock(clock.kind()).setCustomClockValue(clock.time());
    }
    return Delta.newBuilder().setLwwregister(write).build();
  }

  @Override
  public void commit() {
    before = held;
    clock = Clock.DEFAULT;
    created = false;
    written = false;
  }

  /** Undoes what was written. A register that was created stays so. */
  @Override
  public void rollback() {
    held = before;
    clock = Clock.DEFAULT;
    written = false;
  }

  @Override
  public String toString() {
    return String.valueOf(get());
  }
}
