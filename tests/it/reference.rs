//! The pages of the reference that are made from the code say what the code says.

use std::path::Path;

#[test]
fn the_reference_is_what_the_code_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference");
    for (name, text) in interviewer::cli::reference::pages().unwrap() {
        let written = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert!(written == text, "{name} is out of date. Run: cargo run -- reference docs/reference");
    }
}
