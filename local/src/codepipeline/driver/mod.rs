//! Does what the engine wants done outside: copies objects, delivers jobs, publishes events, watches the clock.

mod aws;
mod events;
mod lambda;
mod s3;
mod sns;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;

use super::engine::Engine;
use super::engine::effects::{Effect, StateChange};
use super::rough::Rough;

pub use aws::Aws;

/// The engine, and the tasks that serve it.
pub struct Driver {
    engine: Mutex<Engine>,
    aws: Arc<Aws>,
    /// Tells the clock task that deadlines changed.
    changed: Notify,
    /// Events leave in the order in which they happened.
    events: mpsc::UnboundedSender<StateChange>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Driver {
    /// Starts serving an engine.
    pub fn start(engine: Engine, aws: Aws, rough: Option<Arc<Mutex<Rough>>>) -> Arc<Self> {
        let (events, queue) = mpsc::unbounded_channel();
        let aws = Arc::new(aws);
        let driver = Arc::new(Self {
            engine: Mutex::new(engine),
            aws: aws.clone(),
            changed: Notify::new(),
            events,
            tasks: Mutex::new(Vec::new()),
        });
        let clock = tokio::spawn(watch_clock(driver.clone()));
        let publisher = tokio::spawn(events::publish_all(aws, queue, rough));
        lock(&driver.tasks).extend([clock, publisher]);
        driver
    }

    /// Ends the tasks.
    pub fn stop(&self) {
        for task in lock(&self.tasks).drain(..) {
            task.abort();
        }
    }

    /// The way to MiniStack.
    pub fn aws(&self) -> &Aws {
        &self.aws
    }

    /// Lets the engine handle something at the present time, then does what it wants done.
    pub fn with<T>(self: &Arc<Self>, handle: impl FnOnce(&mut Engine) -> T) -> T {
        let mut engine = lock(&self.engine);
        engine.at(Timestamp::now());
        // What was due before this happened comes first.
        engine.tick();
        let answer = handle(&mut engine);
        let effects = engine.take_effects();
        for effect in effects {
            self.begin(effect);
        }
        drop(engine);
        self.changed.notify_one();
        answer
    }

    fn begin(self: &Arc<Self>, effect: Effect) {
        let driver = self.clone();
        match effect {
            Effect::Emit(change) => {
                // The publisher lives as long as the driver; after its end nobody listens any more.
                let _ = self.events.send(change);
            }
            Effect::FetchSource(fetch) => {
                tokio::spawn(async move {
                    let found = s3::fetch_source(&driver.aws, &fetch).await;
                    driver.with(|engine| engine.source_fetched(&fetch.pipeline, &fetch.action_execution, found));
                });
            }
            Effect::Invoke(invocation) => {
                tokio::spawn(async move {
                    let outcome = lambda::deliver(&driver.aws, &invocation).await;
                    driver.with(|engine| engine.delivered(&invocation.job, outcome));
                });
            }
            Effect::AskApproval(notice) => {
                tokio::spawn(async move {
                    if let Err(failure) = sns::publish(&driver.aws, &notice).await {
                        tracing::warn!(
                            topic = notice.topic,
                            reason = failure.message,
                            "an approval was not announced"
                        );
                    }
                });
            }
        }
    }
}

async fn watch_clock(driver: Arc<Driver>) {
    loop {
        let due = lock(&driver.engine).next_due();
        let wait = async {
            match due {
                Some(due) => {
                    let left = due.duration_since(Timestamp::now());
                    tokio::time::sleep(left.try_into().unwrap_or_default()).await;
                }
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = wait => driver.with(|_| ()),
            () = driver.changed.notified() => {}
        }
    }
}

/// Locks, whoever panicked before.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Whoever panicked while holding the lock left the state as consistent as a refusal would.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
