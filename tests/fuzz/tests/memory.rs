//! What files of a megabyte that were written to cost much have the functions hold, counted by the allocator.

use changegate_fuzz::costly::cases;
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// Most bytes that may be held at once. What an allocator adds to each block, and what it keeps free between them, comes
/// on top: the process takes up to a third more, and has to stay below 128 MB.
const MOST: usize = 96_000_000;

/// Targets that hold a few times the text and nothing else, and take long where nothing is optimized.
const ONLY_TEXTS: [&str; 2] = ["masking", "principal"];

#[test]
fn no_file_of_a_megabyte_takes_much_memory() {
    let mut beyond = Vec::new();
    for case in cases() {
        if ONLY_TEXTS.contains(&case.target) {
            continue;
        }
        let before = ALLOCATOR.current_usage();
        ALLOCATOR.reset_peak_usage();
        changegate_fuzz::run(case.target, case.text.as_bytes());
        let held = ALLOCATOR.peak_usage() - before;
        println!("{:>4} MB {} {}", held / 1_000_000, case.target, case.name);
        if held > MOST {
            beyond.push(format!("{} of {}: {} MB", case.name, case.target, held / 1_000_000));
        }
    }
    assert!(beyond.is_empty(), "these hold too much: {beyond:#?}");
}
