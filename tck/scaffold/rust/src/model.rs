//! Serves the kit's model entities with the library that begins here.

use std::{
    env,
    error::Error,
    hash::{DefaultHasher, Hash, Hasher},
    pin::Pin,
    process,
    time::{SystemTime, UNIX_EPOCH},
};

use tokio_stream::Stream;
use tonic::{Request, Response, Status, Streaming, transport::Server};

#[allow(clippy::all)]
mod generated {
    include!("../gen/mod.rs");
}

use generated::stateward::discovery::v1::{
    DiscoverRequest, DiscoverResponse, Entity, PassivationStrategy, ReportErrorRequest,
    ReportErrorResponse, ServiceInfo, TimeoutPassivationStrategy,
    discovery_service_server::{DiscoveryService, DiscoveryServiceServer},
    passivation_strategy::Strategy,
};
use generated::stateward::entity::v1::Failure;
use generated::stateward::eventsourced::v1::{
    HandleRequest, HandleResponse,
    event_sourced_service_server::{EventSourcedService, EventSourcedServiceServer},
    handle_response::Message,
};

/// What one message may hold: payloads of 4 MiB (CORE-LIMIT-001), and room around them.
const MAX_MESSAGE: usize = 5 << 20;

/// The model's files and all that they import (DISC-DESC-001), as `buf build` writes them.
const MODEL: &[u8] = include_bytes!("../gen/model.binpb");

/// Every event sourced entity that discovery names; a stream is one activation of one.
struct EventSourced;

#[tonic::async_trait]
impl EventSourcedService for EventSourced {
    type HandleStream = Pin<Box<dyn Stream<Item = Result<HandleResponse, Status>> + Send>>;

    /// Where the library begins: init, events and commands come in, and each command is
    /// answered. See protocol/spec/event-sourced.md, and begin with what `tck function`
    /// says first.
    async fn handle(
        &self,
        requests: Request<Streaming<HandleRequest>>,
    ) -> Result<Response<Self::HandleStream>, Status> {
        let first = requests.into_inner().message().await?;
        let answer = first.map(|_| {
            let description = "not written yet".to_string();
            let failure = Failure { description, ..Default::default() };
            Ok(HandleResponse { message: Some(Message::Failure(failure)) })
        });
        Ok(Response::new(Box::pin(tokio_stream::iter(answer))))
    }
}

struct Discovery {
    /// Another one after every start.
    incarnation: String,
}

#[tonic::async_trait]
impl DiscoveryService for Discovery {
    /// The same answer, whoever asks (DISC-CALL-005).
    async fn discover(
        &self,
        _: Request<DiscoverRequest>,
    ) -> Result<Response<DiscoverResponse>, Status> {
        Ok(Response::new(DiscoverResponse {
            proto: MODEL.to_vec(),
            entities: vec![
                entity("EventSourcedTckModelService", "event-sourced-tck-model", None),
                entity("EventSourcedTwoService", "event-sourced-tck-model-two", None),
                entity("EventSourcedConfiguredService", "event-sourced-configured", Some(100)),
            ],
            service_info: Some(ServiceInfo {
                service_name: "model".into(),
                service_version: "0.0.0".into(),
                service_runtime: "Rust".into(),
                support_library_name: "library".into(),
                support_library_version: "0.0.0".into(),
                protocol_major_version: 1,
                incarnation_id: self.incarnation.clone(),
                schema_fingerprint: fingerprint(),
                ..Default::default()
            }),
        }))
    }

    /// Puts what the proxy found wrong where the author looks.
    async fn report_error(
        &self,
        report: Request<ReportErrorRequest>,
    ) -> Result<Response<ReportErrorResponse>, Status> {
        eprintln!("the proxy reports: {:?}", report.into_inner());
        Ok(Response::new(ReportErrorResponse {}))
    }
}

/// One entity that is served; without a time in ms its passivation is for the proxy to say.
fn entity(service: &str, persistence_id: &str, timeout: Option<i64>) -> Entity {
    let strategy = |timeout| Strategy::Timeout(TimeoutPassivationStrategy { timeout });
    Entity {
        entity_type: "stateward.eventsourced.v1.EventSourcedService".into(),
        service_name: format!("stateward.tck.eventsourced.v1.{service}"),
        persistence_id: persistence_id.into(),
        passivation_strategy: timeout
            .map(|timeout| PassivationStrategy { strategy: Some(strategy(timeout)) }),
        ..Default::default()
    }
}

fn fingerprint() -> String {
    let mut hasher = DefaultHasher::new();
    MODEL.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let host = env::var("HOST").unwrap_or("127.0.0.1".into());
    let port = env::var("PORT").unwrap_or("8080".into());
    let started = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let incarnation = format!("{}-{}", process::id(), started.as_nanos());
    let entities = EventSourcedServiceServer::new(EventSourced);
    Server::builder()
        .add_service(DiscoveryServiceServer::new(Discovery { incarnation }))
        .add_service(entities.max_decoding_message_size(MAX_MESSAGE))
        .serve(format!("{host}:{port}").parse()?)
        .await?;
    Ok(())
}
