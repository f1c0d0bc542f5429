//! The JSON of things that appear in many answers.

use serde_json::{Value, json};

use crate::githost::Host;
use crate::githost::repository::Commit;

/// A stable number for a name.
fn number(name: &str) -> u64 {
    name.bytes().fold(7, |hash: u64, byte| {
        (hash.wrapping_mul(31).wrapping_add(u64::from(byte))) % 100_000_007
    })
}

/// A user.
pub fn user(host: &Host, login: &str) -> Value {
    json!({
        "login": login,
        "id": number(login),
        "node_id": format!("U_{}", number(login)),
        "url": format!("{}/api/v3/users/{login}", host.url),
        "html_url": format!("{}/{login}", host.url),
        "type": if login.ends_with("[bot]") { "Bot" } else { "User" },
        "site_admin": false,
    })
}

/// The account that an author's address belongs to: GitHub knows the addresses of its accounts, this host those that
/// GitHub itself gives.
pub fn account(email: &str) -> Option<&str> {
    let name = email.strip_suffix("@users.noreply.github.com")?;
    Some(name.split_once('+').map_or(name, |(_, login)| login))
}

/// Number of the repository.
pub fn repository_number(host: &Host) -> u64 {
    number(&host.repository.full_name)
}

/// The repository.
pub fn repository(host: &Host) -> Value {
    let full_name = &host.repository.full_name;
    let (owner, name) = full_name.split_once('/').unwrap_or((full_name, ""));
    json!({
        "id": number(full_name),
        "node_id": format!("R_{}", number(full_name)),
        "name": name,
        "full_name": full_name,
        "private": true,
        "visibility": "private",
        "owner": user(host, owner),
        "html_url": format!("{}/{full_name}", host.url),
        "description": null,
        "fork": false,
        "archived": false,
        "disabled": false,
        "url": format!("{}/api/v3/repos/{full_name}", host.url),
        "clone_url": format!("{}/{full_name}.git", host.url),
        "default_branch": host.repository.branch,
    })
}

/// The repository as events show it: its owner has a name and an address besides.
pub fn repository_of_event(host: &Host) -> Value {
    let mut shape = repository(host);
    let owner = host.repository.full_name.split('/').next().unwrap_or_default();
    shape["owner"]["name"] = json!(owner);
    shape["owner"]["email"] = json!(null);
    shape["master_branch"] = json!(host.repository.branch);
    shape
}

/// A commit, as `GET /commits/{ref}` shows it.
pub fn commit(host: &Host, commit: &Commit) -> Value {
    let person = |email: &str| account(email).map_or(Value::Null, |login| user(host, login));
    json!({
        "sha": commit.sha,
        "node_id": format!("C_{}", commit.sha),
        "commit": git_commit(host, commit),
        "url": format!("{}/api/v3/repos/{}/commits/{}", host.url, host.repository.full_name, commit.sha),
        "html_url": format!("{}/{}/commit/{}", host.url, host.repository.full_name, commit.sha),
        "author": person(&commit.author.email),
        "committer": person(&commit.committer.email),
        "parents": parents(host, commit),
    })
}

/// A commit, as the Git database shows it.
pub fn git_commit(host: &Host, commit: &Commit) -> Value {
    let signed =
        |who: &crate::githost::repository::Signature| json!({ "name": who.name, "email": who.email, "date": who.date });
    json!({
        "sha": commit.sha,
        "author": signed(&commit.author),
        "committer": signed(&commit.committer),
        "message": commit.message,
        "tree": {
            "sha": commit.tree,
            "url": format!("{}/api/v3/repos/{}/git/trees/{}", host.url, host.repository.full_name, commit.tree),
        },
        "parents": parents(host, commit),
        "comment_count": 0,
        "verification": {
            "verified": false, "reason": "unsigned", "signature": null, "payload": null, "verified_at": null,
        },
    })
}

fn parents(host: &Host, commit: &Commit) -> Value {
    commit
        .parents
        .iter()
        .map(|sha| {
            json!({
                "sha": sha,
                "url": format!("{}/api/v3/repos/{}/commits/{sha}", host.url, host.repository.full_name),
            })
        })
        .collect()
}
