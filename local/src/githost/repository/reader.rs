//! Objects by their names, from one `git cat-file` that stays: a first sync asks for every file, and starting a process
//! takes longer than all the rest of such a request.

use std::io;
use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Mutex;

/// An object's id, and its bytes where they were asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) id: String,
    pub(super) bytes: Vec<u8>,
}

/// What is asked about an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    Id,
    Contents,
}

/// The process, once something was asked.
#[derive(Debug, Default)]
pub(super) struct Reader(Mutex<Option<Process>>);

#[derive(Debug)]
struct Process {
    #[cfg_attr(not(test), expect(dead_code, reason = "the process ends when this is dropped"))]
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Reader {
    /// The object of this type that `name` names; nothing when there is none.
    pub(super) async fn find(&self, repository: &Path, name: &str, kind: &str, ask: Ask) -> io::Result<Option<Object>> {
        // A question is one line.
        if name.contains(['\n', '\r', '\0']) {
            return Ok(None);
        }
        let mut process = self.0.lock().await;
        // Whoever stops listening halfway must not leave the rest of an answer to the next one: the process is only put
        // back once its answer was read to the end.
        let wanted = Wanted { name, kind, ask };
        if let Some(mut running) = process.take()
            && let Ok(found) = running.answer(&wanted).await
        {
            *process = Some(running);
            return Ok(found);
        }
        // There was none, or it has ended.
        let mut started = Process::start(repository)?;
        let found = started.answer(&wanted).await?;
        *process = Some(started);
        Ok(found)
    }
}

/// An object of a type, by whatever names it.
struct Wanted<'a> {
    name: &'a str,
    kind: &'a str,
    ask: Ask,
}

impl Wanted<'_> {
    fn question(&self) -> String {
        let Self { name, kind, .. } = self;
        let command = match self.ask {
            Ask::Id => "info",
            Ask::Contents => "contents",
        };
        // A tag or commit stands for what it points at. After a path nothing more can be said.
        if name.contains(':') {
            format!("{command} {name}\n")
        } else {
            format!("{command} {name}^{{{kind}}}\n")
        }
    }
}

impl Process {
    fn start(repository: &Path) -> io::Result<Self> {
        let mut child = Command::new("git")
            .arg("--git-dir")
            .arg(repository)
            .args(["cat-file", "--batch-command"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let (Some(questions), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("git cat-file has no pipes"));
        };
        Ok(Self {
            child,
            questions,
            answers: BufReader::new(answers),
        })
    }

    async fn answer(&mut self, wanted: &Wanted<'_>) -> io::Result<Option<Object>> {
        self.questions.write_all(wanted.question().as_bytes()).await?;
        self.questions.flush().await?;
        let mut line = String::new();
        if self.answers.read_line(&mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        // An id, a type and a size; or the name and why there is no such object.
        let fields: Vec<&str> = line.split_whitespace().collect();
        let &[id, kind, size] = fields.as_slice() else {
            return Ok(None);
        };
        let Ok(size) = size.parse::<usize>() else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        if wanted.ask == Ask::Contents {
            // A line end follows the content.
            bytes.resize(size + 1, 0);
            self.answers.read_exact(&mut bytes).await?;
            bytes.truncate(size);
        }
        let id = id.to_owned();
        Ok((kind == wanted.kind).then_some(Object { id, bytes }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A repository with one commit, and the file `a` with this text.
    fn repository(text: &str) -> tempfile::TempDir {
        let place = tempfile::tempdir().unwrap();
        let git = |arguments: &[&str]| {
            let done = std::process::Command::new("git")
                .current_dir(place.path())
                .args(["-c", "user.name=ada", "-c", "user.email=ada@example.com"])
                .args(arguments)
                .output()
                .unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        };
        git(&["init", "--quiet", "--initial-branch", "main"]);
        std::fs::write(place.path().join("a"), text).unwrap();
        git(&["add", "a"]);
        git(&["commit", "--quiet", "--message", "One"]);
        place
    }

    #[tokio::test]
    async fn objects_are_found_by_any_name_and_one_answer_never_stands_for_another() {
        let place = repository("one\ntwo\n");
        let (path, reader) = (place.path().join(".git"), Reader::default());
        let find = async |name: &str, kind: &str, ask| reader.find(&path, name, kind, ask).await.unwrap();
        let blob = find("main:a", "blob", Ask::Contents).await.unwrap();
        assert_eq!(blob.bytes, b"one\ntwo\n");
        for missing in [
            "",
            "nowhere",
            "a name of words",
            "main:b",
            "main\ninfo main",
            &"0".repeat(40),
        ] {
            assert_eq!(find(missing, "commit", Ask::Contents).await, None, "{missing:?}");
        }
        assert_eq!(find(&blob.id, "commit", Ask::Id).await, None, "it is a blob");
        let tree = find("main", "tree", Ask::Id).await.unwrap();
        assert!(tree.bytes.is_empty());
        assert_ne!(find("main", "commit", Ask::Id).await.unwrap().id, tree.id);
        assert_eq!(find(&blob.id, "blob", Ask::Contents).await, Some(blob));
    }

    #[tokio::test]
    async fn who_stops_listening_halfway_takes_no_answer_from_the_next() {
        let text = "x".repeat(1 << 20);
        let place = repository(&text);
        let (path, reader) = (place.path().join(".git"), Reader::default());
        for polls in 0..40 {
            let mut first = Box::pin(reader.find(&path, "main:a", "blob", Ask::Contents));
            for _ in 0..polls {
                if futures_util::poll!(&mut first).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
            drop(first);
            let commit = reader.find(&path, "main", "commit", Ask::Id).await.unwrap().unwrap();
            assert_eq!(commit.id.len(), 40);
            let blob = reader.find(&path, "main:a", "blob", Ask::Contents).await.unwrap();
            assert_eq!(blob.unwrap().bytes.len(), text.len());
        }
    }

    #[tokio::test]
    async fn a_process_that_ended_is_started_again() {
        let place = repository("one");
        let (path, reader) = (place.path().join(".git"), Reader::default());
        for _ in 0..2 {
            assert!(reader.find(&path, "main", "commit", Ask::Id).await.unwrap().is_some());
            let mut process = reader.0.lock().await;
            process.as_mut().unwrap().child.kill().await.unwrap();
        }
        let nowhere = reader.find(Path::new("/nowhere"), "main", "commit", Ask::Id).await;
        assert!(nowhere.is_err());
    }

    #[tokio::test]
    async fn what_is_pushed_later_is_found_by_the_same_process() {
        let place = repository("one");
        let (path, reader) = (place.path().join(".git"), Reader::default());
        let find = async |name: &str| reader.find(&path, name, "commit", Ask::Id).await.unwrap();
        let first = find("main").await.unwrap();
        assert_eq!(find("next").await, None);
        let run = |arguments: &[&str]| {
            let done = std::process::Command::new("git")
                .current_dir(place.path())
                .args(["-c", "user.name=ada", "-c", "user.email=ada@example.com"])
                .args(arguments)
                .status();
            assert!(done.unwrap().success());
        };
        run(&["commit", "--quiet", "--allow-empty", "--message", "Two"]);
        run(&["branch", "next"]);
        run(&["pack-refs", "--all"]);
        let second = find("next").await.unwrap();
        assert_ne!(first, second);
        assert_eq!(find("main").await, Some(second));
    }
}
