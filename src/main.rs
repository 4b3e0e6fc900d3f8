//! The `interviewer` command.

fn main() -> anyhow::Result<()> {
    Ok(())
}
