//! Makes the source bucket match the head of the branch and starts the pipelines concerned.

mod handler;
mod settings;
mod within_time;

use changegate::lambda::function_error::FunctionError;
use changegate::lambda::settings::Variables;
use changegate::lambda::telemetry;
use lambda_runtime::{run, service_fn};

use crate::handler::SourceSync;
use crate::settings::Settings;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), FunctionError> {
    telemetry::init();
    let settings = Settings::read(&Variables::of_process())?;
    let sync = SourceSync::connect(settings)?;
    run(service_fn(|event| Box::pin(sync.handle(event))))
        .await
        .map_err(|error| FunctionError::of_runtime(&error))
}
