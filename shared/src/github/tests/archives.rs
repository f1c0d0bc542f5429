//! One archive in the place of many files.

use std::collections::BTreeMap;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, EntryType, Header};
use wiremock::matchers::header_exists;

use super::*;
use crate::domain::sync::git;

/// A header whose name is written as it is: the library's own way refuses hostile ones.
fn entry(name: &[u8], kind: EntryType, size: usize) -> Header {
    let mut header = Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name);
    header.set_entry_type(kind);
    header.set_size(size as u64);
    header.set_mode(0o644);
    header.set_cksum();
    header
}

fn archive(entries: &[(&[u8], EntryType, &[u8])]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (name, kind, content) in entries {
        builder.append(&entry(name, *kind, content.len()), *content).unwrap();
    }
    compressed(&builder.into_inner().unwrap())
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn wanted(files: &[(&str, &[u8])]) -> BTreeMap<String, String> {
    files
        .iter()
        .map(|(path, content)| ((*path).to_owned(), git::blob_id(content)))
        .collect()
}

const FILE: EntryType = EntryType::Regular;

async fn serves(server: &MockServer, bytes: Vec<u8>) {
    answers(
        server,
        "/tarball/c1",
        ResponseTemplate::new(200).set_body_raw(bytes, "application/x-gzip"),
    )
    .await;
}

#[tokio::test]
async fn files_come_from_the_archive_and_only_the_others_by_themselves() {
    let (server, vault) = (MockServer::start().await, vault("t"));
    let bytes = archive(&[
        (b"acme-infrastructure-c1/", EntryType::Directory, b""),
        (b"acme-infrastructure-c1/stacks/a/template.yaml", FILE, b"a"),
        (b"acme-infrastructure-c1/stacks/a/ignored", FILE, b"not asked for"),
        (b"acme-infrastructure-c1/stacks/substituted", FILE, b"$Format: changed$"),
        (b"acme-infrastructure-c1/stacks/link", EntryType::Symlink, b""),
    ]);
    serves(&server, bytes).await;
    answers(
        &server,
        &format!("/git/blobs/{}", git::blob_id(b"$Format$")),
        ResponseTemplate::new(200).set_body_raw("$Format$", "application/vnd.github.raw"),
    )
    .await;
    let repository = repository(&server, &vault);
    let files = wanted(&[("stacks/a/template.yaml", b"a"), ("stacks/substituted", b"$Format$")]);
    repository.prefetch("c1", &files, 100).await.unwrap();
    let error = repository.blob(&git::blob_id(b"a"), 0).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Refused, "{error}");
    assert_eq!(repository.blob(&git::blob_id(b"a"), 100).await.unwrap(), b"a");
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
    assert_eq!(
        repository.blob(&git::blob_id(b"$Format$"), 100).await.unwrap(),
        b"$Format$"
    );
    assert_eq!(server.received_requests().await.unwrap().len(), 2);
}

#[tokio::test]
async fn hostile_paths_links_and_sizes_write_nothing() {
    let outside = std::env::temp_dir().join(format!("changegate-hostile-{}", std::process::id()));
    let climbing = format!("x/../../../../../../..{}", outside.display());
    let absolute = outside.display().to_string();
    let (server, vault) = (MockServer::start().await, vault("t"));
    let bytes = archive(&[
        (climbing.as_bytes(), FILE, b"evil"),
        (absolute.as_bytes(), FILE, b"evil"),
        (b"x/stacks/a", EntryType::Link, b""),
        (b"x/stacks/\xff\xfe", FILE, b"evil"),
        (b"x/stacks/large", FILE, b"more than is let in"),
        (b"x/stacks/a", FILE, b"good"),
    ]);
    serves(&server, bytes).await;
    let repository = repository(&server, &vault);
    let mut files = wanted(&[("stacks/a", b"good"), ("stacks/large", b"more than is let in")]);
    // Not even an id that is a path is used as one.
    files.insert("stacks/b".to_owned(), absolute.clone());
    files.insert(climbing["x/".len()..].to_owned(), git::blob_id(b"evil"));
    repository.prefetch("c1", &files, 10).await.unwrap();
    assert!(!outside.exists());
    assert_eq!(repository.blob(&git::blob_id(b"good"), 10).await.unwrap(), b"good");
    assert!(
        repository
            .blob(&git::blob_id(b"more than is let in"), 10)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn of_an_archive_that_breaks_off_only_what_was_whole_is_kept() {
    let (server, vault) = (MockServer::start().await, vault("t"));
    let mut builder = Builder::new(Vec::new());
    builder.append(&entry(b"x/stacks/a", FILE, 1), b"a".as_slice()).unwrap();
    let mut tar = builder.into_inner().unwrap();
    tar.truncate(1024);
    tar.extend_from_slice(entry(b"x/stacks/b", FILE, 100_000).as_bytes());
    tar.extend_from_slice(&[b'b'; 2000]);
    serves(&server, compressed(&tar)).await;
    let repository = repository(&server, &vault);
    let files = wanted(&[("stacks/a", b"a"), ("stacks/b", &[b'b'; 2000])]);
    let files_with_another = files.into_iter().chain([("stacks/c".to_owned(), git::blob_id(b"c"))]);
    // Whether it is told or not: what is missing is asked for by itself.
    drop(
        repository
            .prefetch("c1", &files_with_another.collect(), 1_000_000)
            .await,
    );
    assert_eq!(repository.blob(&git::blob_id(b"a"), 10).await.unwrap(), b"a");
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
    assert!(
        repository
            .blob(&git::blob_id(b"c"), 10)
            .await
            .unwrap_err()
            .is_not_found()
    );
}

#[tokio::test]
async fn the_credential_stays_with_github_when_the_archive_lies_elsewhere() {
    let (server, elsewhere, vault) = (MockServer::start().await, MockServer::start().await, vault("t"));
    let bytes = archive(&[(b"x/stacks/a", FILE, b"a")]);
    let location = format!(
        "{}/legacy.tar.gz/c1?token=T",
        elsewhere.uri().replace("127.0.0.1", "localhost")
    );
    let found = ResponseTemplate::new(302).insert_header("location", location.as_str());
    answers(&server, "/tarball/c1", found).await;
    Mock::given(path("/legacy.tar.gz/c1"))
        .and(header_exists("authorization"))
        .respond_with(ResponseTemplate::new(500))
        .with_priority(1)
        .expect(0)
        .mount(&elsewhere)
        .await;
    Mock::given(path("/legacy.tar.gz/c1"))
        .respond_with(ResponseTemplate::new(200).set_body_raw(bytes, "application/x-gzip"))
        .mount(&elsewhere)
        .await;
    let repository = repository(&server, &vault);
    repository
        .prefetch("c1", &wanted(&[("stacks/a", b"a")]), 10)
        .await
        .unwrap();
    assert_eq!(repository.blob(&git::blob_id(b"a"), 10).await.unwrap(), b"a");
}
