//! Somebody who may operate pipelines, and nothing else.

use std::sync::LazyLock;

use crate::people::{Account, Somebody};
use crate::system::system;

pub(super) static OPERATOR: LazyLock<Somebody> = LazyLock::new(|| {
    let system = system();
    Account::new(&system.state().endpoint, &system.output("OperatorsPolicyArn")).hire("olga")
});
