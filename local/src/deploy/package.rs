//! Zips the functions, uploads them, and points the template at them.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Write as _};
use std::path::{Path, PathBuf};

use aws_sdk_s3::error::DisplayErrorContext;
use aws_sdk_s3::operation::create_bucket::CreateBucketError;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use changegate::domain::sha256::Sha256;
use sha2::Digest as _;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::build::Function;
use crate::aws::Aws;
use crate::environment::ministack::REGION;
use crate::places::Places;

/// The bucket of the packages.
pub const BUCKET: &str = "changegate-packages";

/// What the template says of the packages before they are made.
const EXPECTED: &str = r#"CHANGEGATE_RELEASE: "{}""#;

/// Why the functions could not be packaged.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// A file could not be read.
    #[error("reading {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A function could not be zipped.
    #[error("zipping {name}")]
    Zip {
        /// The function.
        name: String,
        /// Why.
        source: zip::result::ZipError,
    },
    /// S3 said no.
    #[error("uploading {key}: {said}")]
    Upload {
        /// The object.
        key: String,
        /// What S3 said.
        said: String,
    },
    /// The template and the folder disagree.
    #[error("template.yaml has no `CodeUri: functions/{0}`; every function in functions/ needs one")]
    NotInTemplate(String),
    /// The template has no place for the hashes of the packages.
    #[error("template.yaml has no line `{EXPECTED}`, which tells outcome-record what the functions are to run")]
    NoHashesInTemplate,
}

/// Uploads the functions and the template that points at them. Gives the template's URL.
///
/// # Errors
///
/// When a binary or the template cannot be read, or S3 refuses.
pub async fn package(places: &Places, aws: &Aws, functions: &[Function]) -> Result<String, PackageError> {
    make_bucket(aws).await?;
    let path = places.repository().join("template.yaml");
    let mut template = std::fs::read_to_string(&path).map_err(|source| PackageError::File {
        path: path.clone(),
        source,
    })?;
    let mut hashes = BTreeMap::new();
    for function in functions {
        let binary = std::fs::read(&function.binary).map_err(|source| PackageError::File {
            path: function.binary.clone(),
            source,
        })?;
        let key = format!("{}/{}.zip", function.name, Sha256::of(&binary));
        let archive = match places.recordings() {
            None => archive(&[("bootstrap", &binary)]),
            Some(folder) => recorded(places, folder, &binary),
        };
        let archive = archive.map_err(|source| PackageError::Zip {
            name: function.name.clone(),
            source,
        })?;
        hashes.insert(
            function.name.as_str(),
            BASE64_STANDARD.encode(sha2::Sha256::digest(&archive)),
        );
        put(aws, &key, archive).await?;
        template = with_code(&template, &function.name, &format!("s3://{BUCKET}/{key}"))
            .ok_or_else(|| PackageError::NotInTemplate(function.name.clone()))?;
    }
    template = with_hashes(&template, &hashes).ok_or(PackageError::NoHashesInTemplate)?;
    let key = format!("template/{}.yaml", Sha256::of(template.as_bytes()));
    put(aws, &key, template.into_bytes()).await?;
    Ok(format!("https://{BUCKET}.s3.{REGION}.amazonaws.com/{key}"))
}

async fn make_bucket(aws: &Aws) -> Result<(), PackageError> {
    let place = CreateBucketConfiguration::builder()
        .location_constraint(BucketLocationConstraint::EuWest1)
        .build();
    match aws
        .s3
        .create_bucket()
        .bucket(BUCKET)
        .create_bucket_configuration(place)
        .send()
        .await
    {
        Ok(_) => Ok(()),
        Err(error)
            if error
                .as_service_error()
                .is_some_and(CreateBucketError::is_bucket_already_owned_by_you) =>
        {
            Ok(())
        }
        Err(error) => Err(PackageError::Upload {
            key: BUCKET.to_owned(),
            said: DisplayErrorContext(error).to_string(),
        }),
    }
}

async fn put(aws: &Aws, key: &str, body: Vec<u8>) -> Result<(), PackageError> {
    aws.s3
        .put_object()
        .bucket(BUCKET)
        .key(key)
        .body(body.into())
        .send()
        .await
        .map(drop)
        .map_err(|error| PackageError::Upload {
            key: key.to_owned(),
            said: DisplayErrorContext(error).to_string(),
        })
}

/// A package as Lambda takes it: `bootstrap`, executable. It is not compressed: it goes over loopback, once.
fn archive(files: &[(&str, &[u8])]) -> Result<Vec<u8>, zip::result::ZipError> {
    let size: usize = files.iter().map(|(_, content)| content.len() + 1_024).sum();
    let mut writer = ZipWriter::new(Cursor::new(Vec::with_capacity(size)));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .unix_permissions(0o755);
    for (name, content) in files {
        writer.start_file(*name, options)?;
        writer.write_all(content)?;
    }
    Ok(writer.finish()?.into_inner())
}

/// A package whose `bootstrap` writes down what passes between the function beside it and the services.
fn recorded(places: &Places, folder: &Path, binary: &[u8]) -> Result<Vec<u8>, zip::result::ZipError> {
    let recorder = std::fs::read_to_string(places.repository().join("local/bench/record.py"))?;
    let bootstrap = format!("#!{}\n{recorder}", places.venv().join("bin/python").display());
    archive(&[
        ("bootstrap", bootstrap.as_bytes()),
        ("function", binary),
        ("folder", folder.display().to_string().as_bytes()),
    ])
}

/// The template with the hashes of the packages, as `scripts/deploy` writes them.
fn with_hashes(template: &str, hashes: &BTreeMap<&str, String>) -> Option<String> {
    let known = template
        .contains(EXPECTED)
        .then(|| serde_json::to_string(hashes).ok())??;
    Some(template.replace(EXPECTED, &format!("CHANGEGATE_RELEASE: '{known}'")))
}

/// The template with the code of one function pointed elsewhere.
fn with_code(template: &str, function: &str, location: &str) -> Option<String> {
    let wanted = format!("CodeUri: functions/{function}");
    let mut found = false;
    let lines: Vec<String> = template
        .lines()
        .map(|line| {
            if line.trim() == wanted {
                found = true;
                line.replace(&wanted, &format!("CodeUri: {location}"))
            } else {
                line.to_owned()
            }
        })
        .collect();
    found.then(|| lines.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use std::collections::BTreeMap;

    use super::{archive, with_code, with_hashes};

    #[test]
    fn the_hashes_of_the_packages_stand_in_the_template() {
        let template = "  CHANGEGATE_RELEASE: \"{}\"\n";
        let hashes = BTreeMap::from([("source-sync", "c3luYw==".to_owned())]);
        assert_eq!(
            with_hashes(template, &hashes).unwrap(),
            "  CHANGEGATE_RELEASE: '{\"source-sync\":\"c3luYw==\"}'\n"
        );
        assert!(with_hashes("nothing", &hashes).is_none());
    }

    #[test]
    fn only_the_code_of_the_function_is_pointed_elsewhere() {
        let template = "a:\n  CodeUri: functions/source-sync # x\n  CodeUri: functions/source\n";
        assert_eq!(
            with_code(template, "source", "s3://b/k").unwrap(),
            "a:\n  CodeUri: functions/source-sync # x\n  CodeUri: s3://b/k\n"
        );
        assert!(with_code(template, "other", "s3://b/k").is_none());
    }

    #[test]
    fn a_package_holds_one_executable_named_bootstrap() {
        let bytes = archive(&[("bootstrap", b"binary")]).unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        assert_eq!(archive.len(), 1);
        let mut file = archive.by_name("bootstrap").unwrap();
        assert_eq!(file.unix_mode().map(|mode| mode & 0o777), Some(0o755));
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "binary");
    }
}
