package dev.stateward.sdk.readme;

import dev.stateward.samples.temperature.v1.AverageRequest;
import dev.stateward.samples.temperature.v1.AverageResponse;
import dev.stateward.samples.temperature.v1.ConvertRequest;
import dev.stateward.samples.temperature.v1.ConvertResponse;
import dev.stateward.samples.temperature.v1.TabulateRequest;
import dev.stateward.samples.temperature.v1.TabulateResponse;
import dev.stateward.samples.temperature.v1.Temperature;
import dev.stateward.samples.temperature.v1.TemperatureServiceGrpc;
import dev.stateward.samples.temperature.v1.WatchRequest;
import dev.stateward.samples.temperature.v1.WatchResponse;
import dev.stateward.sdk.action.Action;
import java.util.stream.Collector;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/** Temperatures in degrees of Celsius, in each of the four shapes of a call. */
final class Temperatures {
  private static final double ZERO_IN_KELVIN = 273.15;

  private Temperatures() {}

  static Action definition() {
    return Action.of(TemperatureServiceGrpc.getServiceDescriptor())
        .unary(TemperatureServiceGrpc.getConvertMethod(), (context, request) -> convert(request))
        .streamedIn(TemperatureServiceGrpc.getAverageMethod(), context -> averaging())
        .streamedOut(
            TemperatureServiceGrpc.getTabulateMethod(), (context, request) -> rows(request))
        .streamed(TemperatureServiceGrpc.getWatchMethod(), context -> request -> heard(request));
  }

  private static ConvertResponse convert(ConvertRequest request) {
    return ConvertResponse.newBuilder().setTemperature(request.getTemperature()).build();
  }

  private static Collector<AverageRequest, ?, AverageResponse> averaging() {
    return Collectors.collectingAndThen(
        Collectors.averagingDouble(request -> request.getTemperature().getDegrees()),
        mean ->
            AverageResponse.newBuilder()
                .setMean(Temperature.newBuilder().setDegrees(mean))
                .build());
  }

  private static Stream<TabulateResponse> rows(TabulateRequest request) {
    return DoubleStream.iterate(
            request.getFrom(), c -> c <= request.getTo(), c -> c + request.getStep())
        .mapToObj(c -> TabulateResponse.newBuilder().setCelsius(c).setKelvin(c + ZERO_IN_KELVIN))
        .map(TabulateResponse.Builder::build);
  }

  private static Stream<WatchResponse> heard(WatchRequest request) {
    return Stream.of(WatchResponse.newBuilder().setTemperature(request.getTemperature()).build());
  }
}
