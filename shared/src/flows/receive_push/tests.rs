use std::cell::{Cell, RefCell};

use super::*;
use crate::flows::ports::PortErrorKind;

/// A queue that keeps what it gets, and can be out of order.
#[derive(Default)]
struct FakeQueue {
    messages: RefCell<Vec<QueueMessage>>,
    is_down: Cell<bool>,
}

impl SendMessages for FakeQueue {
    async fn send(&self, message: QueueMessage) -> Result<(), PortError> {
        if self.is_down.get() {
            return Err(unavailable());
        }
        self.messages.borrow_mut().push(message);
        Ok(())
    }
}

struct FakeSecrets {
    text: RefCell<Option<&'static str>>,
    reads: Cell<u32>,
}

impl ReadSecrets for FakeSecrets {
    async fn read_secret(&self, _: &str) -> Result<Secret, PortError> {
        self.reads.set(self.reads.get() + 1);
        self.text.borrow().map(Secret::new).ok_or_else(unavailable)
    }
}

/// Says yes to the signature `signed with <secret>`.
struct ByName;

impl VerifySignature for ByName {
    fn verify(&self, secret: &Secret, _: &[u8], signature: &str) -> bool {
        secret
            .expose()
            .lines()
            .any(|line| signature == format!("signed with {line}"))
    }
}

struct FakeClock(Cell<i64>);

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.get()).unwrap()
    }
}

fn unavailable() -> PortError {
    PortError {
        operation: "test",
        subject: "test".to_owned(),
        kind: PortErrorKind::Unavailable,
        code: None,
        message: "down".to_owned(),
        source: None,
    }
}

struct World {
    queue: FakeQueue,
    secrets: FakeSecrets,
    clock: FakeClock,
    secret: WebhookSecret,
}

const PUSH: &str = r#"{"ref":"refs/heads/main","after":"c1","repository":{"full_name":"acme/infrastructure"}}"#;

impl World {
    fn new() -> Self {
        Self {
            queue: FakeQueue::default(),
            secrets: FakeSecrets {
                text: RefCell::new(Some("old")),
                reads: Cell::new(0),
            },
            clock: FakeClock(Cell::new(1_000_000)),
            secret: WebhookSecret::new("arn"),
        }
    }

    async fn receive(&self, delivery: Delivery<'_>) -> DeliveryAnswer {
        let watched = WatchedBranch {
            repository: "acme/infrastructure".to_owned(),
            branch: "main".to_owned(),
        };
        receive_push(
            &self.queue,
            &self.secrets,
            &ByName,
            &self.clock,
            &self.secret,
            &watched,
            delivery,
        )
        .await
    }
}

fn push(signature: &str) -> Delivery<'_> {
    Delivery {
        event: Some("push"),
        id: Some("d1"),
        signature: Some(signature),
        content_type: Some("application/json"),
        body: PUSH.as_bytes(),
    }
}

#[tokio::test]
async fn a_push_is_queued_and_its_redelivery_carries_the_same_mark() {
    let world = World::new();
    assert_eq!(world.receive(push("signed with old")).await, DeliveryAnswer::Queued);
    assert_eq!(world.receive(push("signed with old")).await, DeliveryAnswer::Queued);
    let messages = world.queue.messages.borrow();
    assert_eq!(messages[0].body, r#"{"kind":"push","commit":"c1","delivery":"d1"}"#);
    assert_eq!(messages[0].group, MESSAGE_GROUP);
    assert_eq!(messages[0].deduplication, messages[1].deduplication);
    assert_eq!(world.secrets.reads.get(), 1, "the secret is kept");
}

#[tokio::test]
async fn a_captured_delivery_under_ever_new_ids_is_one_message_to_the_queue() {
    let world = World::new();
    let ids: Vec<String> = (0..50).map(|number| format!("d{number}")).collect();
    for id in &ids {
        let replayed = Delivery {
            id: Some(id),
            ..push("signed with old")
        };
        assert_eq!(world.receive(replayed).await, DeliveryAnswer::Queued);
    }
    let messages = world.queue.messages.borrow();
    let marks: std::collections::BTreeSet<_> = messages.iter().map(|message| &message.deduplication).collect();
    assert_eq!(marks.len(), 1);
}

#[tokio::test]
async fn two_pushes_of_one_commit_are_two_messages() {
    let world = World::new();
    world.receive(push("signed with old")).await;
    let later = PUSH.replace("\"full_name\"", "\"pushed_at\":1557933657,\"full_name\"");
    let again = Delivery {
        body: later.as_bytes(),
        ..push("signed with old")
    };
    world.receive(again).await;
    let messages = world.queue.messages.borrow();
    assert_ne!(messages[0].deduplication, messages[1].deduplication);
}

#[tokio::test]
async fn nothing_is_read_of_an_unsigned_delivery() {
    let world = World::new();
    let garbage = Delivery {
        signature: None,
        event: None,
        body: b"\xff",
        ..push("")
    };
    assert!(matches!(world.receive(garbage).await, DeliveryAnswer::Unsigned(_)));
    let forged = Delivery {
        event: None,
        body: b"\xff",
        ..push("signed with guess")
    };
    assert!(matches!(world.receive(forged).await, DeliveryAnswer::Unsigned(_)));
    assert!(world.queue.messages.borrow().is_empty());
}

#[tokio::test]
async fn a_replaced_secret_is_noticed_by_the_first_delivery_it_signs() {
    let world = World::new();
    world.receive(push("signed with old")).await;
    *world.secrets.text.borrow_mut() = Some("new\nold");
    world.clock.0.set(1_000_060);
    assert_eq!(world.receive(push("signed with new")).await, DeliveryAnswer::Queued);
    assert_eq!(world.receive(push("signed with old")).await, DeliveryAnswer::Queued);
}

#[tokio::test]
async fn a_flood_of_forged_deliveries_reads_the_secret_seldom() {
    let world = World::new();
    for second in 0..60 {
        world.clock.0.set(1_000_000 + second);
        assert!(matches!(
            world.receive(push("signed with guess")).await,
            DeliveryAnswer::Unsigned(_)
        ));
    }
    assert_eq!(world.secrets.reads.get(), 2);
}

#[tokio::test]
async fn without_secret_or_queue_the_sender_is_told_to_come_again() {
    let world = World::new();
    *world.secrets.text.borrow_mut() = None;
    assert!(matches!(
        world.receive(push("signed with old")).await,
        DeliveryAnswer::Unavailable(_)
    ));
    *world.secrets.text.borrow_mut() = Some("old");
    world.queue.is_down.set(true);
    assert!(matches!(
        world.receive(push("signed with old")).await,
        DeliveryAnswer::Unavailable(_)
    ));
}

#[tokio::test]
async fn a_kept_secret_serves_while_secrets_manager_does_not_answer() {
    let world = World::new();
    world.receive(push("signed with old")).await;
    *world.secrets.text.borrow_mut() = None;
    world.clock.0.set(2_000_000);
    assert_eq!(world.receive(push("signed with old")).await, DeliveryAnswer::Queued);
}

#[tokio::test]
async fn a_form_is_read_as_well_as_json() {
    let world = World::new();
    let body = format!(
        "payload={}",
        PUSH.replace('"', "%22").replace('/', "%2F").replace(':', "%3a")
    );
    let form = Delivery {
        content_type: Some("application/x-www-form-urlencoded"),
        body: body.as_bytes(),
        ..push("signed with old")
    };
    assert_eq!(world.receive(form).await, DeliveryAnswer::Queued);
}

#[tokio::test]
async fn a_body_over_the_bound_is_refused_before_anything_else() {
    let world = World::new();
    let body = vec![b' '; BODY_LIMIT_BYTES + 1];
    let large = Delivery {
        body: &body,
        ..push("signed with old")
    };
    assert_eq!(world.receive(large).await, DeliveryAnswer::TooLarge);
    assert_eq!(world.secrets.reads.get(), 0);
}

#[tokio::test]
async fn a_signed_delivery_without_event_is_malformed_and_other_events_are_ignored() {
    let world = World::new();
    let eventless = Delivery {
        event: None,
        ..push("signed with old")
    };
    assert!(matches!(world.receive(eventless).await, DeliveryAnswer::Malformed(_)));
    let ping = Delivery {
        event: Some("ping"),
        ..push("signed with old")
    };
    assert!(matches!(world.receive(ping).await, DeliveryAnswer::Ignored(_)));
}
