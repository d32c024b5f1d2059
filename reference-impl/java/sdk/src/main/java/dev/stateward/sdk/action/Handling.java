package dev.stateward.sdk.action;

import com.google.protobuf.Message;
import java.util.Collections;
import java.util.Iterator;
import java.util.Objects;
import java.util.stream.Collector;
import java.util.stream.Stream;

/** One call, as its handler has it. The author's code runs in the iterators too. */
interface Handling<Q> {
  /** Returns the responses before the first request. */
  Iterator<? extends Message> open();

  /** Takes a request and returns the responses to it. */
  Iterator<? extends Message> request(Q request);

  /** Returns the responses behind the last request. */
  Iterator<? extends Message> end();

  /** Releases what the responses hold that were begun last. */
  default void close() {}

  /** Answers each request by itself. */
  static <Q, R extends Message> Handling<Q> each(Exchange<Q, R> exchange) {
    return new Handling<>() {
      private Stream<R> responses = Stream.empty();

      @Override
      public Iterator<? extends Message> open() {
        return begin(exchange.open());
      }

      @Override
      public Iterator<? extends Message> request(Q request) {
        return begin(exchange.request(request));
      }

      @Override
      public Iterator<? extends Message> end() {
        return begin(exchange.end());
      }

      private Iterator<R> begin(Stream<R> begun) {
        responses = Objects.requireNonNull(begun, "there are no responses");
        return responses.iterator();
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
      public Iterator<? extends Message> open() {
        return Collections.emptyIterator();
      }

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
