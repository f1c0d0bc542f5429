//! One download of a whole commit, from which single files are kept.
//!
//! The download streams: network, decompression and unpacking never hold more than one file. A file is kept only if it
//! is one that was asked for, has the content that its blob id names, and is stored under that id: no path of the
//! archive ever becomes a path on disk.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use flate2::read::GzDecoder;
use reqwest::Response;
use tokio::sync::mpsc;

use super::answer::no_answer;
use crate::domain::sync::git;
use crate::flows::ports::{PortError, PortErrorKind};

/// Chunks of the download that may wait to be unpacked.
const CHUNKS: usize = 8;
/// Unpacked bytes after which an archive is not believed.
const UNPACKED_LIMIT_BYTES: u64 = 20 * 1024 * 1024 * 1024;

/// Files kept on disk by their blob ids, until they are taken or the process ends.
#[derive(Debug, Default)]
pub(super) struct BlobCache(Mutex<Option<Folder>>);

#[derive(Debug)]
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays is only temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

static FOLDERS: AtomicU64 = AtomicU64::new(0);

impl BlobCache {
    /// The content of a blob, if it was kept. It stays kept: several files may have the same content.
    pub(super) fn take(&self, id: &str) -> Option<Vec<u8>> {
        let content = fs::read(self.file(id)?).ok()?;
        (git::blob_id(&content) == id).then_some(content)
    }

    /// How many bytes the blob has, if it was kept.
    pub(super) fn size(&self, id: &str) -> Option<u64> {
        Some(fs::metadata(self.file(id)?).ok()?.len())
    }

    fn file(&self, id: &str) -> Option<PathBuf> {
        let folder = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Some(folder.as_ref()?.0.join(file_name(id)?))
    }

    /// Keeps these files of the archive, path to blob id, as far as it holds them exactly.
    pub(super) async fn fill(
        &self,
        operation: &'static str,
        subject: &str,
        mut answer: Response,
        files: &BTreeMap<String, String>,
        limit_bytes: u64,
    ) -> Result<(), PortError> {
        let error = |source: io::Error| PortError {
            operation,
            subject: subject.to_owned(),
            kind: PortErrorKind::Unavailable,
            code: None,
            message: "the archive cannot be unpacked".to_owned(),
            source: Some(Box::new(source)),
        };
        // The room on the disk is small: what an earlier archive left makes way first.
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let folder = Folder(std::env::temp_dir().join(format!("changegate-{}-{number}", std::process::id())));
        fs::create_dir_all(&folder.0).map_err(error)?;

        let (chunks, received) = mpsc::channel(CHUNKS);
        let (into, files) = (folder.0.clone(), files.clone());
        let unpacking =
            tokio::task::spawn_blocking(move || unpack(Received::new(received), &into, &files, limit_bytes));
        let download = async {
            loop {
                match answer.chunk().await {
                    Ok(None) => return Ok(()),
                    Err(error) => return Err(no_answer(operation, subject, error)),
                    // The receiver is gone when unpacking failed or found all it looks for.
                    Ok(Some(chunk)) => {
                        if chunks.send(Ok(chunk.to_vec())).await.is_err() {
                            return Ok(());
                        }
                    }
                }
            }
        };
        let downloaded = download.await;
        if downloaded.is_err() {
            let _ = chunks.send(Err(io::ErrorKind::ConnectionReset.into())).await;
        }
        drop(chunks);
        let unpacked = unpacking.await.map_err(|failure| error(io::Error::other(failure)))?;
        // What was unpacked before a failure is whole, and kept.
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(folder);
        downloaded?;
        unpacked.map_err(error)
    }
}

/// A file name for a blob id; `None` for anything that is not hexadecimal digits.
fn file_name(id: &str) -> Option<&str> {
    (id.len() == 40 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(id)
}

fn unpack(
    stream: impl Read,
    folder: &std::path::Path,
    files: &BTreeMap<String, String>,
    limit_bytes: u64,
) -> io::Result<()> {
    let mut archive = tar::Archive::new(GzDecoder::new(stream).take(UNPACKED_LIMIT_BYTES));
    let mut left = files.len();
    for entry in archive.entries()? {
        if left == 0 {
            break;
        }
        let mut entry = entry?;
        if !entry.header().entry_type().is_file() || entry.size() > limit_bytes {
            continue;
        }
        let id = {
            let path = entry.path_bytes();
            let Ok(path) = std::str::from_utf8(&path) else { continue };
            // The archive has one folder at its top, named after the commit.
            let Some((_, path)) = path.split_once('/') else {
                continue;
            };
            let Some(id) = files.get(path).and_then(|id| file_name(id)) else {
                continue;
            };
            id.to_owned()
        };
        let mut content = Vec::with_capacity(usize::try_from(entry.size()).unwrap_or_default());
        entry.read_to_end(&mut content)?;
        left -= 1;
        // Attributes such as `export-subst` change files in archives; those are left to single downloads.
        if git::blob_id(&content) == id {
            fs::write(folder.join(id), content)?;
        }
    }
    Ok(())
}

/// The chunks of a download, as a reader on another thread.
struct Received {
    chunks: mpsc::Receiver<io::Result<Vec<u8>>>,
    chunk: io::Cursor<Vec<u8>>,
}

impl Received {
    fn new(chunks: mpsc::Receiver<io::Result<Vec<u8>>>) -> Self {
        let chunk = io::Cursor::new(Vec::new());
        Self { chunks, chunk }
    }
}

impl Read for Received {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.chunk.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            match self.chunks.blocking_recv() {
                None => return Ok(0),
                Some(chunk) => self.chunk = io::Cursor::new(chunk?),
            }
        }
    }
}
