//! What every place of files promises, held against each kind of place: a folder, the same folder from two processes, and a real
//! S3 server over sockets.

#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
#[path = "../../tests/it/support/s3.rs"]
mod s3;

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};

use files::{Files, FilesError, Key, Place, Removed};
use futures_util::TryStreamExt as _;
use s3::S3;

/// Two engines on one place.
struct Two {
    one: Files,
    other: Files,
    _server: Option<S3>,
    _folder: tempfile::TempDir,
}

fn on_a_folder() -> Two {
    let folder = tempfile::tempdir().unwrap();
    let open = |scratch: &str| {
        Files::open(&Place::Folder(folder.path().join("shared")), &folder.path().join(scratch)).unwrap()
    };
    Two { one: open("one"), other: open("other"), _server: None, _folder: folder }
}

fn on_s3() -> Two {
    let (folder, server) = (tempfile::tempdir().unwrap(), S3::start());
    let open = |scratch: &str| Files::open(&server.place("fleet/a"), &folder.path().join(scratch)).unwrap();
    Two { one: open("one"), other: open("other"), _server: Some(server), _folder: folder }
}

async fn text(files: &Files, key: &Key, range: std::ops::Range<u64>) -> Result<String, FilesError> {
    let bytes = files.read(key, range).await?.try_collect::<Vec<_>>().await?.concat();
    Ok(String::from_utf8(bytes).unwrap())
}

/// What one engine writes the other one reads, whole and in part, and removes.
async fn what_one_writes_the_other_reads_and_removes(Two { one, other, _server, _folder }: &Two) {
    let folder = Key::of(["workspace", "interviews", "i"]);
    let key = folder.with("respondent.ogg");
    assert_eq!(other.find(&key).await.unwrap(), None);
    assert!(matches!(text(other, &key, 0..3).await, Err(FilesError::NotFound)));
    one.put(&key, "0123456789").await.unwrap();
    let found = other.find(&key).await.unwrap().unwrap();
    assert_eq!((&found.key, found.size), (&key, 10));
    assert!(!found.tag.is_empty() && !found.tag.contains('"'));
    assert_eq!(text(other, &key, 0..10).await.unwrap(), "0123456789");
    assert_eq!(text(other, &key, 3..6).await.unwrap(), "345");
    assert_eq!(text(other, &key, 3..3).await.unwrap(), "");

    one.put(&key, "another text").await.unwrap();
    let replaced = other.find(&key).await.unwrap().unwrap();
    assert_ne!((replaced.size, &replaced.tag), (found.size, &found.tag), "the tag tells");

    // As a local file, one and several in one.
    let mut local = other.local(std::slice::from_ref(&key)).await.unwrap();
    let mut read = String::new();
    local.seek(SeekFrom::Start(8)).unwrap();
    local.read_to_string(&mut read).unwrap();
    assert_eq!(read, "text");
    one.put(&folder.with("b"), " and more").await.unwrap();
    let mut both = String::new();
    other.local(&[key.clone(), folder.with("b")]).await.unwrap().read_to_string(&mut both).unwrap();
    assert_eq!(both, "another text and more");

    assert!(other.remove(&key).await.unwrap());
    assert!(!one.remove(&key).await.unwrap(), "again");
    assert_eq!(one.find(&key).await.unwrap(), None);
    assert!(matches!(one.local(&[key]).await, Err(FilesError::NotFound)));
    assert_eq!(one.fault(), None, "that something is not there is no failure");
}

/// A folder is listed and removed with everything in it, and nothing beside it.
async fn a_folder_goes_with_everything_in_it(Two { one, other, _server, _folder }: &Two) {
    let all = Key::of(["w", "interviews"]);
    for name in ["a", "ab"] {
        one.put(&all.with(name).with("recordings").with("x"), "four").await.unwrap();
        one.put(&all.with(name).with("y"), "sixsix").await.unwrap();
    }
    let listed = other.list(&all.with("a")).await.unwrap();
    let names: Vec<_> = listed.iter().map(|object| object.key.below(&all).unwrap().join("/")).collect();
    assert_eq!(names, ["a/recordings/x", "a/y"]);
    let mut folders = other.folders(&all).await.unwrap();
    folders.sort();
    assert_eq!(folders, ["a", "ab"]);
    assert_eq!(other.remove_all(&all.with("a")).await.unwrap(), Removed { files: 2, bytes: 10 });
    assert_eq!(one.remove_all(&all.with("a")).await.unwrap(), Removed::default(), "again");
    assert_eq!(one.list(&all).await.unwrap().len(), 2, "the one whose name begins alike stays");
    assert_eq!(one.folders(&all).await.unwrap(), ["ab"]);
}

/// A large file comes over whole, and an unfinished one leaves nothing.
async fn a_large_file_is_whole_or_not_there(Two { one, other, _server, _folder }: &Two) {
    let key = Key::of(["w", "exports", "large.zip"]);
    let bytes: Vec<u8> = (0..20 * 1024 * 1024_u32).map(|at| (at >> 8) as u8 ^ at as u8).collect();
    let (writer, content) = (one.writer(&key), bytes.clone());
    let written = tokio::task::spawn_blocking(move || {
        let mut writer = writer;
        writer.write_all(&content).unwrap();
        writer.finish()
    });
    assert_eq!(written.await.unwrap().unwrap(), bytes.len() as u64);
    let mut read = Vec::new();
    other.local(std::slice::from_ref(&key)).await.unwrap().read_to_end(&mut read).unwrap();
    assert!(read == bytes);
    let part = other.read(&key, 8_388_600..8_388_700).await.unwrap().try_collect::<Vec<_>>().await.unwrap().concat();
    assert!(part == bytes[8_388_600..8_388_700], "across the parts");

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("copy");
    std::fs::write(&path, &bytes).unwrap();
    let copied = Key::of(["w", "copied"]);
    assert_eq!(one.copy_from(&copied, &path).await.unwrap(), bytes.len() as u64);
    assert_eq!(other.find(&copied).await.unwrap().unwrap().size, bytes.len() as u64);

    let unfinished = Key::of(["u", "unfinished"]);
    let writer = one.writer(&unfinished);
    tokio::task::spawn_blocking(move || {
        let mut writer = writer;
        writer.write_all(&bytes).unwrap();
    })
    .await
    .unwrap();
    assert_eq!(other.find(&unfinished).await.unwrap(), None);
}

async fn all_of_it(two: Two) {
    what_one_writes_the_other_reads_and_removes(&two).await;
    a_folder_goes_with_everything_in_it(&two).await;
    a_large_file_is_whole_or_not_there(&two).await;
    two.one.probe().await.unwrap();
    two.one.ping().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_keeps_the_contract() {
    all_of_it(on_a_folder()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_keeps_the_contract() {
    all_of_it(on_s3()).await;
}

#[tokio::test]
async fn in_a_folder_also_what_a_dead_writer_left_goes() {
    let dir = tempfile::tempdir().unwrap();
    let files = Files::open(&Place::Folder(dir.path().join("files")), dir.path()).unwrap();
    let folder = Key::of(["w", "interviews", "i"]);
    files.put(&folder.with("a"), "a").await.unwrap();
    // As an engine leaves it that is killed while it writes; no list shows it.
    std::fs::write(dir.path().join("files/w/interviews/i/b#1"), "words").unwrap();
    assert_eq!(files.list(&folder).await.unwrap().len(), 1);
    assert_eq!(files.remove_all(&folder).await.unwrap(), Removed { files: 2, bytes: 6 });
    let left = std::fs::read_dir(dir.path().join("files")).unwrap().count();
    assert_eq!(left, 0, "nor is an empty folder left");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_is_away_or_refuses_says_so_until_it_serves_again() {
    let (dir, server) = (tempfile::tempdir().unwrap(), S3::start());
    let files = Files::open(&server.place(""), dir.path()).unwrap();
    let key = Key::of(["a"]);
    files.put(&key, "a").await.unwrap();
    server.be_away(true);
    assert!(matches!(files.find(&key).await, Err(FilesError::Away { .. })));
    assert!(files.fault().unwrap().contains("s3://interviews"));
    server.be_away(false);
    assert!(files.find(&key).await.unwrap().is_some());
    assert_eq!(files.fault(), None);

    let Place::S3(mut bucket) = server.place("") else { unreachable!() };
    if let Some(credentials) = &mut bucket.credentials {
        "another secret of that length".clone_into(&mut credentials.secret);
        assert!(!format!("{credentials:?}").contains("another"), "a secret is never shown");
    }
    let stranger = Files::open(&Place::S3(bucket), dir.path()).unwrap();
    let refused = stranger.probe().await.unwrap_err();
    assert!(matches!(refused, FilesError::Refused { .. }), "{refused}");
    assert!(!refused.to_string().contains("another"));
}
