//! Records how a run ended and does what follows from it.

use changegate::lambda::function_error::FunctionError;
use changegate::lambda::settings::Variables;
use changegate::lambda::telemetry;
use lambda_runtime::{run, service_fn};

mod handler;
mod settings;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), FunctionError> {
    telemetry::init();
    let settings = settings::Settings::read(&Variables::of_process())?;
    let recorder = handler::Recorder::connect(settings)?;
    run(service_fn(|event| Box::pin(recorder.handle(event))))
        .await
        .map_err(|error| FunctionError::of_runtime(&error))
}
