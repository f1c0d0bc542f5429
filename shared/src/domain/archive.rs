//! ZIP archives of one file: written so that equal content gives equal bytes, read with bounds.

use std::io::{Cursor, Read, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

/// An archive could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The bytes are not a readable ZIP archive.
    #[error("the bytes are not a ZIP archive that can be read")]
    Unreadable(#[from] zip::result::ZipError),
    /// The archive holds another number of files than one.
    #[error("the archive holds {0} files, not one")]
    NotOneFile(usize),
    /// The file unpacks to more than the bound.
    #[error("the file in the archive is larger than {0} bytes")]
    TooLarge(u64),
    /// The content of the file is damaged.
    #[error("the file in the archive cannot be unpacked")]
    Damaged(#[source] std::io::Error),
}

/// A file to pack.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'e> {
    /// Path in the archive.
    pub name: &'e str,
    /// Content.
    pub content: &'e [u8],
    /// Whether it may be executed.
    pub is_executable: bool,
}

/// Packs one file. Time, permissions and compression are fixed: equal input gives equal bytes.
///
/// # Errors
///
/// [`ArchiveError::Unreadable`] when `name` or `content` exceed what the ZIP format can hold.
pub fn pack(name: &str, content: &[u8]) -> Result<Vec<u8>, ArchiveError> {
    let is_executable = false;
    pack_all([Entry {
        name,
        content,
        is_executable,
    }])
}

/// Packs files in the order in which they come. Times and compression are fixed: equal input gives equal bytes.
///
/// # Errors
///
/// [`ArchiveError::Unreadable`] when names or contents exceed what the ZIP format can hold.
pub fn pack_all<'e>(entries: impl IntoIterator<Item = Entry<'e>>) -> Result<Vec<u8>, ArchiveError> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(6))
        .last_modified_time(DateTime::default());
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for entry in entries {
        let permissions = if entry.is_executable { 0o755 } else { 0o644 };
        archive.start_file(entry.name, options.unix_permissions(permissions))?;
        archive.write_all(entry.content).map_err(ArchiveError::Damaged)?;
    }
    Ok(archive.finish()?.into_inner())
}

/// Unpacks the one file of an archive; directories do not count, and its name is not used as a path.
///
/// # Errors
///
/// One variant of [`ArchiveError`] for each way in which the archive is not one file of at most `limit_bytes` bytes.
pub fn unpack(archive: &[u8], limit_bytes: u64) -> Result<Vec<u8>, ArchiveError> {
    let mut archive = ZipArchive::new(Cursor::new(archive))?;
    let mut only = None;
    let mut files = 0;
    for index in 0..archive.len() {
        if !archive.by_index_raw(index)?.is_dir() {
            files += 1;
            only = Some(index);
        }
    }
    let Some(index) = only.filter(|_| files == 1) else {
        return Err(ArchiveError::NotOneFile(files));
    };
    let mut content = Vec::new();
    archive
        .by_index(index)?
        .take(limit_bytes + 1)
        .read_to_end(&mut content)
        .map_err(ArchiveError::Damaged)?;
    if content.len() as u64 > limit_bytes {
        return Err(ArchiveError::TooLarge(limit_bytes));
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_content_gives_equal_bytes_and_comes_back_whole() {
        let packed = pack("template.yaml", b"Resources: {}\n").unwrap();
        assert_eq!(packed, pack("template.yaml", b"Resources: {}\n").unwrap());
        assert_eq!(unpack(&packed, 100).unwrap(), b"Resources: {}\n");
    }

    #[test]
    fn a_file_larger_than_the_bound_is_refused() {
        let packed = pack("zeros", &vec![0; 1_000_000]).unwrap();
        assert!(packed.len() < 10_000);
        assert!(matches!(unpack(&packed, 999_999), Err(ArchiveError::TooLarge(999_999))));
    }
}
