//! Who may read what an engine keeps on disk.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tokio::process::Command;

use crate::support::guide_document;
use crate::support::process::engine;

#[actix_web::test]
async fn what_an_engine_keeps_is_for_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    // As an earlier version, or somebody's mkdir, has left it.
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o755)).unwrap();
    let settings = |command: &mut Command| {
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("DATA_DIR", &data);
        command.env("API_PORT", "0").env("SPEECH_ENGINE", "scripted");
    };
    let (mut child, url) = engine(settings).await;
    let guide = reqwest::Client::new().post(format!("{url}/api/call-guides/")).json(&guide_document());
    assert_eq!(guide.send().await.unwrap().status(), 201);
    let mut folders = vec![data.clone()];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder) & 0o077, 0, "{} is open to others", folder.display());
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files += 1;
                assert_eq!(mode(&path) & 0o077, 0, "{} can be read by others", path.display());
            }
        }
    }
    assert!(files >= 3, "database, secret and lock at least: {files}");
    child.kill().await.unwrap();
}
