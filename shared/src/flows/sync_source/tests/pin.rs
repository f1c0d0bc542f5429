//! Which repository is synced, and that no other one takes its place.

use super::*;

const STACK: &str = "stacks/network/template.yaml";

#[tokio::test]
async fn another_repository_under_the_same_name_is_not_synced() {
    let place = Place::settled().await;
    place.github.replace_repository(5);
    place.github.push("Taken over", &[(STACK, Some(&template("other")))]);
    let before = place.bucket.keys();
    for _ in 0..2 {
        let error = place.try_sync().await.unwrap_err();
        assert!(!error.is_transient());
        assert!(error.to_string().contains("`GitHubRepositoryId=5`"), "{error}");
    }
    assert_eq!(place.bucket.keys(), before);
    let mut place = place;
    place.settings.repository_id = Some(RepositoryId(5));
    place.sync().await;
    place.assert_mirrors_branch();
    place.settings.repository_id = None;
    place.assert_at_rest().await;
    let pin = place.snapshot_itself().repository.unwrap();
    assert_eq!((pin.name.as_str(), pin.id), ("acme/infrastructure", RepositoryId(5)));
}

#[tokio::test]
async fn the_pin_outlives_a_snapshot_that_is_lost_or_damaged() {
    for damage in [None, Some("{\"version\":1,")] {
        let place = Place::settled().await;
        match damage {
            Some(text) => {
                place.bucket.seed(keys::SNAPSHOT, text);
            }
            None => place.bucket.remove(keys::SNAPSHOT),
        }
        place.github.replace_repository(5);
        for _ in 0..2 {
            let error = place.try_sync().await.unwrap_err();
            assert!(matches!(error, SyncError::OtherRepository(_)), "{error}");
        }
        place.github.replace_repository(0);
        place.sync().await;
        place.assert_mirrors_branch();
    }
}

#[tokio::test]
async fn the_pin_is_told_by_the_record_before_one_that_is_damaged() {
    let place = Place::settled().await;
    place
        .github
        .push("One more record", &[(STACK, Some(&template("next")))]);
    place.sync().await;
    let records = place
        .bucket
        .keys()
        .into_iter()
        .filter(|key| key.starts_with(keys::PROVENANCE));
    let last = records.max_by_key(|key| keys::provenance_sequence(key)).unwrap();
    place.bucket.seed(&last, "{");
    place.bucket.remove(keys::SNAPSHOT);
    place.github.replace_repository(5);
    let error = place.try_sync().await.unwrap_err();
    assert!(matches!(error, SyncError::OtherRepository(_)), "{error}");
}
