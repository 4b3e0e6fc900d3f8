//! Sees to it that the engine is built again when the pages were, and that it can be built without them.

fn main() -> std::io::Result<()> {
    // Cargo would take a folder that is not there for one that has changed, every time.
    std::fs::create_dir_all("web/dist")?;
    println!("cargo::rerun-if-changed=web/dist");
    println!("cargo::rerun-if-changed=docs/reference/errors");
    println!("cargo::rerun-if-changed=build.rs");
    Ok(())
}
