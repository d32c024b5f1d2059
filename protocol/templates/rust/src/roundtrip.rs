//! Takes vectors of a function's incoming messages through the generated code:
//! bytes to a message, and back to the same bytes. The generated code keeps no
//! unknown field, so what comes back was understood.
//!
//! `cargo run -- vectors/eventsourced/handle_request.json`

use std::{env, error::Error, fs};

use prost::Message;
use serde_json::Value;

#[path = "../gen/mod.rs"]
#[allow(clippy::all)]
pub mod generated;

use generated::stateward::eventsourced::v1::HandleRequest;

fn main() -> Result<(), Box<dyn Error>> {
    let name = env::args().nth(1).ok_or("name a file of vectors")?;
    let file: Value = serde_json::from_str(&fs::read_to_string(&name)?)?;
    let vectors = file["vectors"].as_array().ok_or("the file has no vectors")?;
    let both_ways = || vectors.iter().filter(|v| v["rule"] == "both ways");
    for vector in both_ways() {
        let bytes = hex::decode(vector["hex"].as_str().ok_or("a vector has no hex")?)?;
        let encoded = HandleRequest::decode(bytes.as_slice())?.encode_to_vec();
        if encoded != bytes {
            return Err(format!("{}: encoded {}", vector["name"], hex::encode(encoded)).into());
        }
    }
    match both_ways().count() {
        0 => Err(format!("{name} has no vector that holds both ways").into()),
        done => {
            println!("rust: {done} vectors, both ways");
            Ok(())
        }
    }
}
