package dev.stateward.sdk.action;

import com.google.protobuf.Message;
import java.util.Collections;
import java.util.Iterator;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collector;
import java.util.stream.Stream;

/** One call, as its handler has it. The author's code runs in the iterators too. */
interface Handling<Q> {
  /** Takes a request and returns the responses to it. */
  Iterator<? extends Message> request(Q request);

  /** Takes the half-close and returns the responses that are left. */
  Iterator<? extends Message> end();

  /** Releases what the responses hold that were begun last. */
  default void close() {}

  /** Answers each request by itself. */
  static <Q> Handling<Q> each(Function<Q, ? extends Stream<? extends Message>> answer) {
    return new Handling<>() {
      private Stream<? extends Message> responses = Stream.empty();

      @Override
      public Iterator<? extends Message> request(Q request) {
        responses = Objects.requireNonNull(answer.apply(request), "there are no responses");
        return responses.iterator();
      }

      @Override
      public Iterator<? extends Message> end() {
        return Collections.emptyIterator();
      }

      @Override
      public void close() {
        responses.close();
      }
    };
  }

  /** Answers all requests together, behind the last. */
  static <Q, A, R extends Message> Handling<Q> gather(Collector<Q, A, R> collector) {
    A gathered = collector.supplier().get();
    return new Handling<>() {
      @Override
      public Iterator<? extends Message> request(Q request) {
        collector.accumulator().accept(gathered, request);
        return Collections.emptyIterator();
      }

      @Override
      public Iterator<? extends Message> end() {
        return Collections.singletonList(collector.finisher().apply(gathered)).iterator();
      }
    };
  }
}
