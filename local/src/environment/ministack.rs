//! The `MiniStack` process.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, ChildStdin, Command};
use tokio::time::{Instant, sleep, timeout};

use crate::places::Places;
use crate::python::Venv;

/// Region of everything that runs here.
pub const REGION: &str = "eu-west-1";
/// Account of everything that runs here.
pub const ACCOUNT: &str = "000000000000";
/// Access key of the account's root user. `MiniStack` lets it do everything, whatever its secret.
pub const ROOT_KEY: &str = "test";

const START: Duration = Duration::from_mins(1);
const STOP: Duration = Duration::from_secs(8);

/// Why `MiniStack` does not run.
#[derive(Debug, thiserror::Error)]
pub enum MiniStackError {
    /// Its directories or its log could not be made.
    #[error("{}", path.display())]
    File {
        /// The path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The process could not be started.
    #[error("starting MiniStack")]
    Spawn(#[source] io::Error),
    /// It ended at once.
    #[error("MiniStack ended before it answered; the end of {}: {said}", log.display())]
    Ended {
        /// Its log.
        log: PathBuf,
        /// The last lines of the log.
        said: String,
    },
    /// It did not answer in time.
    #[error("MiniStack did not answer within {} seconds; see {}", START.as_secs(), log.display())]
    Silent {
        /// Its log.
        log: PathBuf,
    },
}

/// A running emulator. It ends when this is dropped: it watches the other end of its standard input.
#[derive(Debug)]
pub struct MiniStack {
    child: Child,
    lifeline: Option<ChildStdin>,
    log: PathBuf,
}

impl MiniStack {
    /// Starts it on a port and waits until it answers.
    ///
    /// # Errors
    ///
    /// When it cannot be started or does not answer.
    pub async fn start(
        places: &Places,
        venv: &Venv,
        port: u16,
        engine: &str,
        secret: &str,
    ) -> Result<Self, MiniStackError> {
        let files = places.run().join("ministack");
        let log = places.logs().join("ministack.log");
        let directories = [
            files.join("tmp"),
            files.join("state"),
            places.function_logs(),
            places.mail(),
        ];
        for path in directories {
            fs::create_dir_all(&path).map_err(|source| MiniStackError::File { path, source })?;
        }
        let output = File::create(&log).map_err(|source| MiniStackError::File {
            path: log.clone(),
            source,
        })?;
        let errors = output.try_clone().map_err(|source| MiniStackError::File {
            path: log.clone(),
            source,
        })?;
        let mut child = Command::new(venv.program("python"))
            .arg("start.py")
            .current_dir(places.ministack())
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("HOME", &files)
            .env("TMPDIR", files.join("tmp"))
            .env("STATE_DIR", files.join("state"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("LOG_LEVEL", "WARNING")
            .env("BIND_HOST", "127.0.0.1")
            .env("MINISTACK_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", port.to_string())
            .env("MINISTACK_REGION", REGION)
            .env("AUTH", "true")
            .env("FAKE_TLS", "1")
            .env("SFTP_ENABLED", "0")
            .env("IOT_MTLS_ENABLED", "0")
            .env("FUNCTION_LOGS", places.function_logs())
            .env("MAIL", places.mail())
            .env("CODEPIPELINE_ENGINE", engine)
            .env("FRONT_SECRET", secret)
            .envs(places.rough().map(|seed| ("ROUGH_SEED", seed.to_string())))
            // Functions inherit this; without it they would call AWS itself.
            .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}"))
            .stdin(Stdio::piped())
            .stdout(output)
            .stderr(errors)
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(MiniStackError::Spawn)?;
        let lifeline = child.stdin.take();
        let mut started = MiniStack { child, lifeline, log };
        started.wait_until_it_answers(port).await?;
        Ok(started)
    }

    async fn wait_until_it_answers(&mut self, port: u16) -> Result<(), MiniStackError> {
        let url = format!("http://127.0.0.1:{port}/_ministack/health");
        let until = Instant::now() + START;
        let client = crate::http::client();
        while Instant::now() < until {
            if let Ok(Some(_)) = self.child.try_wait() {
                let text = fs::read_to_string(&self.log).unwrap_or_default();
                let lines: Vec<&str> = text.lines().collect();
                let said = lines[lines.len().saturating_sub(4)..].join("; ");
                return Err(MiniStackError::Ended {
                    log: self.log.clone(),
                    said,
                });
            }
            let answer = client.get(&url).timeout(Duration::from_secs(2)).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            sleep(Duration::from_millis(50)).await;
        }
        Err(MiniStackError::Silent { log: self.log.clone() })
    }

    /// Waits until it ends by itself, which it never should.
    pub async fn ended(&mut self) {
        // Whether it could be waited for or not: it is gone.
        drop(self.child.wait().await);
    }

    /// Ends it and the functions' processes.
    pub async fn stop(mut self) {
        drop(self.lifeline.take());
        if timeout(STOP, self.child.wait()).await.is_err() {
            // Dropping the child kills it.
            tracing::warn!("MiniStack did not end by itself; it is killed");
        }
    }
}
