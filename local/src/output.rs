//! Standard output, which its reader may close: `cargo local up | head`.
//!
//! Here `print!` and `println!` stand for those of the standard library, which panic then.

use std::fmt::Arguments;
use std::io::{self, ErrorKind, Write as _};

/// What a shell reports of a program that a closed pipe ended.
const CLOSED_PIPE: i32 = 128 + 13;

/// Prints, and ends the process quietly when nobody reads any more.
#[expect(clippy::exit, reason = "the other end of a pipe ends programs wherever they are")]
pub(crate) fn print(text: Arguments<'_>) {
    let mut output = io::stdout().lock();
    match output.write_fmt(text).and_then(|()| output.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(CLOSED_PIPE),
        // A full disk, say: there is nowhere to tell it, and what was asked for is done all the same.
        _ => {}
    }
}

macro_rules! print {
    ($($text:tt)*) => { $crate::output::print(format_args!($($text)*)) };
}

macro_rules! println {
    () => { $crate::output::print(format_args!("\n")) };
    ($($text:tt)*) => { $crate::output::print(format_args!("{}\n", format_args!($($text)*))) };
}
