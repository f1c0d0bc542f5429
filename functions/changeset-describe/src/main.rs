//! Makes the review of a change set and tells those who decide.

use changegate::aws::connect;
use changegate::lambda::function_error::FunctionError;
use changegate::lambda::job::serve_jobs;
use changegate::lambda::settings::Variables;
use changegate::lambda::telemetry;

mod handler;
mod settings;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), FunctionError> {
    telemetry::init();
    let settings = settings::read(&Variables::of_process())?;
    let aws = connect::load();
    let services = handler::Services::new(&aws, &settings)?;
    serve_jobs(&aws, async |job, artifacts| {
        handler::handle(&services, &settings, &job, &artifacts).await
    })
    .await
}
