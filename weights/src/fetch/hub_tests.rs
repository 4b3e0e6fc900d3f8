//! Tests fetching from a hub, for which an HTTP server on loopback stands in. Packages are prepared
//! as an earlier run would have left them.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::tests::{hex, item, one, package, wheel};
use super::*;
use crate::fake_hub::{Behaviour, FakeHub};
use crate::hub::Limits;
use crate::verify_with;

/// The limits are short enough for a test. curl measures a slow download in whole seconds.
const LIMITS: Limits =
    Limits { probe: Duration::from_secs(1), connect: Duration::from_secs(1), slow_bytes: 1_000, slow_seconds: 1 };
/// More time than all limits together take, even on a busy machine.
const SOON: Duration = Duration::from_secs(15);

/// A folder for weights, and the lines that are printed while they are fetched.
struct Stage {
    dir: tempfile::TempDir,
    said: Arc<Mutex<Vec<String>>>,
}

impl Stage {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), said: Arc::default() }
    }

    /// Returns a manifest with these files. Each is in a repository of the hub under its own name,
    /// and in the package `p`, which is prepared if `packed` has content.
    fn manifest(&self, files: &[(&str, &[u8])], packed: Option<&[(&str, &[u8])]>) -> Manifest {
        let package = match packed {
            Some(members) => package(self.dir.path(), "pypi", "p", &wheel(members)),
            None => "[[package]]\nclient='debian'\nname='p'\n".to_owned(),
        };
        let files = files.iter().map(|(name, content)| {
            let hub = format!(", hub={{repo='them/model', revision='abc', file='{name}'}}}},");
            one(name, content, &[("p", name)]).trim_end_matches("},").to_owned() + &hub
        });
        Manifest::parse(&(package + &item(&files.collect::<String>()))).unwrap()
    }

    fn fetch(&self, base: &str, manifest: &Manifest) -> Result<Fetched, WeightsError> {
        let progress = Progress::Kept(Arc::clone(&self.said));
        fetch_from(Some(Hub::at(base, LIMITS)), manifest, Set::Default, self.dir.path(), &progress)
    }

    fn file(&self, name: &str) -> Vec<u8> {
        fs::read(self.dir.path().join(name)).unwrap()
    }

    /// Returns the only printed line that contains `what`.
    fn said(&self, what: &str) -> String {
        let said = self.said.lock().clone();
        let found: Vec<_> = said.iter().filter(|line| line.contains(what)).collect();
        assert_eq!(found.len(), 1, "{what}: {said:?}");
        found[0].clone()
    }

    /// Asserts that every file is verified and that no temporary files are left.
    fn assert_whole(&self, manifest: &Manifest) {
        assert!(verify_with(manifest, &["i"], self.dir.path(), Depth::Full).is_ok());
        assert!(!self.dir.path().join(WORK_FOLDER).exists(), "the work folder is removed");
    }
}

#[test]
fn the_hub_is_the_first_choice() {
    let stage = Stage::new();
    let hub = FakeHub::serving(&[
        ("them/model/resolve/abc/a.bin", Behaviour::Whole, b"first"),
        ("them/model/resolve/abc/b/c.bin", Behaviour::Whole, b"second"),
    ]);
    let manifest = stage.manifest(&[("a.bin", b"first"), ("b/c.bin", b"second")], None);
    let fetched = stage.fetch(&hub.base, &manifest).unwrap();
    assert_eq!(fetched, Fetched { kept: 0, made: 2, bytes: 11 });
    assert_eq!((stage.file("a.bin"), stage.file("b/c.bin")), (b"first".to_vec(), b"second".to_vec()));
    assert_eq!(hub.requests().len(), 2);
    stage.said("a.bin (5 B): from the hub, sha256 verified");
    stage.assert_whole(&manifest);
}

#[test]
fn other_bytes_are_not_taken_and_the_package_serves() {
    let stage = Stage::new();
    let hub = FakeHub::serving(&[
        ("them/model/resolve/abc/a.bin", Behaviour::Whole, b"FIRST"),
        ("them/model/resolve/abc/b.bin", Behaviour::Whole, b"second"),
    ]);
    let manifest = stage.manifest(&[("a.bin", b"first"), ("b.bin", b"second")], Some(&[("a.bin", b"first")]));
    stage.fetch(&hub.base, &manifest).unwrap();
    assert_eq!(stage.file("a.bin"), b"first");
    let line = stage.said("not the content that the manifest pins");
    assert!(
        line.contains("a.bin") && line.contains(&hex(b"FIRST")) && line.ends_with("using the package instead"),
        "{line}"
    );
    stage.said("b.bin (6 B): from the hub");
    stage.assert_whole(&manifest);
}

#[test]
fn a_file_that_the_hub_does_not_have_comes_from_the_package() {
    let stage = Stage::new();
    let hub = FakeHub::serving(&[("them/model/resolve/abc/b.bin", Behaviour::Whole, b"second")]);
    let manifest = stage.manifest(&[("a.bin", b"first"), ("b.bin", b"second")], Some(&[("a.bin", b"first")]));
    stage.fetch(&hub.base, &manifest).unwrap();
    assert!(stage.said("404").contains("a.bin"));
    stage.said("b.bin (6 B): from the hub");
    stage.assert_whole(&manifest);
}

#[test]
fn a_hub_that_refuses_connections_is_asked_once_and_left_out() {
    let stage = Stage::new();
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let files: [(&str, &[u8]); 2] = [("a.bin", b"first"), ("b.bin", b"second")];
    let manifest = stage.manifest(&files, Some(&files));
    stage.fetch(&format!("http://{address}"), &manifest).unwrap();
    assert!(stage.said("the hub").ends_with("using the packages instead"));
    stage.assert_whole(&manifest);
}

#[test]
fn a_hub_that_never_answers_costs_the_probes_limit_once() {
    let stage = Stage::new();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let files: [(&str, &[u8]); 2] = [("a.bin", b"first"), ("b.bin", b"second")];
    let manifest = stage.manifest(&files, Some(&files));
    let began = Instant::now();
    stage.fetch(&format!("http://{}", silent.local_addr().unwrap()), &manifest).unwrap();
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    stage.said("the hub");
    stage.assert_whole(&manifest);
}

#[test]
fn a_hub_that_is_too_slow_is_given_up_within_the_limit() {
    let stage = Stage::new();
    let large = vec![7; 5_000];
    let hub = FakeHub::serving(&[("them/model/resolve/abc/a.bin", Behaviour::Slow, &large)]);
    let manifest =
        stage.manifest(&[("a.bin", &large), ("b.bin", b"second")], Some(&[("a.bin", &large), ("b.bin", b"second")]));
    let began = Instant::now();
    stage.fetch(&hub.base, &manifest).unwrap();
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    assert!(stage.said("too slow").contains("for this and all further files"));
    assert_eq!(hub.requests(), ["/them/model/resolve/abc/a.bin"], "it is not asked for another file");
    stage.assert_whole(&manifest);
}

#[test]
fn a_download_that_breaks_off_is_resumed() {
    let stage = Stage::new();
    let hub = FakeHub::serving(&[("them/model/resolve/abc/a.bin", Behaviour::CutOnce(3), b"0123456789")]);
    let manifest = stage.manifest(&[("a.bin", b"0123456789")], None);
    stage.fetch(&hub.base, &manifest).unwrap();
    assert_eq!(hub.requests().len(), 2);
    stage.assert_whole(&manifest);
}

#[test]
fn what_an_earlier_run_left_is_resumed_or_begun_again() {
    let content = b"0123456789";
    for (left, behaviour, requests) in [
        (b"0123".as_slice(), Behaviour::Whole, 1),
        // The file is complete, so nothing has to be requested.
        (content.as_slice(), Behaviour::Whole, 0),
        // The beginning of another file, a file that is too long, and a server that cannot resume.
        (b"XXXX".as_slice(), Behaviour::Whole, 2),
        (b"0123456789 and more".as_slice(), Behaviour::Whole, 1),
        (b"0123".as_slice(), Behaviour::WithoutRanges, 2),
    ] {
        let stage = Stage::new();
        let hub = FakeHub::serving(&[("them/model/resolve/abc/a.bin", behaviour, content)]);
        let manifest = stage.manifest(&[("a.bin", content)], None);
        let work_folder = stage.dir.path().join(WORK_FOLDER);
        fs::create_dir_all(&work_folder).unwrap();
        fs::write(work_folder.join(format!("{}.hub.part", hex(content))), left).unwrap();
        assert!(verify_with(&manifest, &["i"], stage.dir.path(), Depth::Quick).is_err(), "a part never counts");
        stage.fetch(&hub.base, &manifest).unwrap();
        assert_eq!(hub.requests().len(), requests, "{left:?} {behaviour:?}");
        stage.assert_whole(&manifest);
    }
}

#[test]
fn more_bytes_than_the_manifest_names_are_not_taken() {
    let more = vec![7; 2_000_000];
    for behaviour in [Behaviour::Whole, Behaviour::Unmeasured] {
        let stage = Stage::new();
        let hub = FakeHub::serving(&[("them/model/resolve/abc/a.bin", behaviour, &more)]);
        let manifest = stage.manifest(&[("a.bin", b"first")], Some(&[("a.bin", b"first")]));
        stage.fetch(&hub.base, &manifest).unwrap();
        assert!(stage.said("using the package instead").contains("a.bin"));
        stage.assert_whole(&manifest);
    }
}

#[test]
fn neither_source_leaves_a_file_that_is_not_whole() {
    let stage = Stage::new();
    let hub = FakeHub::serving(&[("them/model/resolve/abc/a.bin", Behaviour::Whole, b"FIRST")]);
    let manifest = stage.manifest(&[("a.bin", b"first")], Some(&[("a.bin", b"tampered")]));
    let error = stage.fetch(&hub.base, &manifest).unwrap_err();
    assert!(matches!(error, WeightsError::WrongFile { .. }), "{error}");
    assert!(!stage.dir.path().join("a.bin").exists());
}
