//! Verifies a delivery of GitHub and queues it.

mod handler;
mod settings;

use changegate::lambda::function_error::FunctionError;
use changegate::lambda::settings::Variables;
use changegate::lambda::telemetry;
use lambda_runtime::{run, service_fn};

use crate::handler::Webhook;
use crate::settings::Settings;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), FunctionError> {
    telemetry::init();
    let settings = Settings::read(&Variables::of_process())?;
    let webhook = Webhook::connect(settings);
    run(service_fn(|event| Box::pin(webhook.handle(event))))
        .await
        .map_err(|error| FunctionError::of_runtime(&error))
}
