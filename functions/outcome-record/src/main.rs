//! Records how a run ended and does what follows from it.

use changegate::lambda::settings::Variables;
use changegate::lambda::telemetry;
use lambda_runtime::{Error, run, service_fn};

mod handler;
mod settings;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let settings = settings::Settings::read(&Variables::of_process())?;
    let recorder = handler::Recorder::connect(settings)?;
    run(service_fn(|event| Box::pin(recorder.handle(event)))).await
}
