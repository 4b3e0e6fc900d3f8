//! Reading a spool that is incomplete or damaged at any place.

// clippy allows these only within test functions, and these helpers are outside of them.
#![allow(clippy::unwrap_used)]

use chrono::Utc;
use interview::Event;
use proptest::prelude::*;

use super::*;
use storage::EventRecord;

fn batch(interview_id: Uuid, seq: i64, reason: &str) -> Batch {
    let event = Event::Paused { reason: reason.to_owned() };
    let record = EventRecord { seq, at_ms: 5, event, actor: "interview".to_owned() };
    Batch { interview_id, fence: Some(3), received_at: Utc::now(), records: vec![record] }
}

fn written(batches: &[Batch]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for batch in batches {
        record::write(batch, &mut bytes).unwrap();
    }
    bytes
}

/// Returns where each record ends in the file.
fn ends(batches: &[Batch]) -> Vec<usize> {
    (1..=batches.len()).map(|count| written(&batches[..count]).len()).collect()
}

fn some() -> Vec<Batch> {
    // The texts contain a line break, a quotation mark and multi-byte characters.
    ["plain", "of\ntwo \"lines\"", "äöü — 美", ""]
        .into_iter()
        .zip(1..)
        .map(|(reason, seq)| batch(Uuid::from_u128(seq), seq as i64, reason))
        .collect()
}

#[test]
fn what_is_spooled_is_read_back_in_order_and_a_torn_record_costs_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::new(folder.path());
    assert!(spool.take_over().unwrap().batches.is_empty());
    let batches = some();
    spool.append(&[&batches[0]]).unwrap();
    open(&spool.waiting()).unwrap().write_all(&written(&batches[1..2])[..40]).unwrap();
    // The process continued, or the next one did.
    spool.append(&[&batches[2], &batches[3]]).unwrap();
    let found = spool.take_over().unwrap();
    assert_eq!(found.batches, [batches[0].clone(), batches[2].clone(), batches[3].clone()]);
    assert_eq!(found.damaged, 1);
    let aside = std::fs::read(spool.damaged()).unwrap();
    assert_eq!(aside, [&written(&batches[1..2])[1..40], b"\n"].concat(), "damaged parts are kept as they are");
    spool.clear().unwrap();
    assert!(spool.take_over().unwrap().batches.is_empty());
}

#[test]
fn a_cut_at_any_byte_costs_the_record_that_it_cuts_and_nothing_that_follows() {
    let (batches, last) = (some(), batch(Uuid::max(), 9, "after the cut"));
    let (bytes, ends) = (written(&batches), ends(&batches));
    for cut in 0..=bytes.len() {
        let file = [&bytes[..cut], &written(std::slice::from_ref(&last))[..]].concat();
        let read = record::read(&file);
        // The line break at its end is not needed, because the next record begins with one.
        let whole = ends.iter().filter(|end| **end - 1 <= cut).count();
        let expected: Vec<Batch> = batches[..whole].iter().chain([&last]).cloned().collect();
        assert_eq!(read.batches, expected, "cut at {cut}");
        assert!(read.damaged.len() <= 1, "cut at {cut}");
    }
}

#[test]
fn a_byte_flipped_anywhere_costs_one_record_at_most() {
    let batches = some();
    let (bytes, ends) = (written(&batches), ends(&batches));
    for place in 0..bytes.len() {
        for bit in 0..8 {
            let mut damaged = bytes.clone();
            damaged[place] ^= 1 << bit;
            let read = record::read(&damaged);
            let hit = ends.iter().filter(|end| **end <= place).count();
            let others: Vec<&Batch> =
                batches.iter().enumerate().filter(|(n, _)| *n != hit).map(|(_, one)| one).collect();
            let found: Vec<&Batch> = read.batches.iter().filter(|one| others.contains(one)).collect();
            assert_eq!(found, others, "bit {bit} of byte {place}");
            // No record is read that was never written.
            assert!(read.batches.iter().all(|one| batches.contains(one)), "bit {bit} of byte {place}");
        }
    }
}

proptest! {
    #[test]
    fn whatever_is_damaged_what_is_whole_is_read(
        reasons in proptest::collection::vec(".{0,40}", 1..8),
        holes in proptest::collection::vec((any::<proptest::sample::Index>(), proptest::collection::vec(any::<u8>(), 1..30)), 0..4),
    ) {
        let batches: Vec<Batch> =
            reasons.iter().zip(1..).map(|(reason, seq)| batch(Uuid::from_u128(seq), seq as i64, reason)).collect();
        let (mut bytes, ends) = (written(&batches), ends(&batches));
        let mut hit = vec![false; batches.len()];
        for (place, junk) in &holes {
            let begin = place.index(bytes.len());
            for (place, byte) in (begin..bytes.len()).zip(junk) {
                bytes[place] = *byte;
                hit[ends.iter().filter(|end| **end <= place).count()] = true;
            }
        }
        let read = record::read(&bytes);
        for (batch, _) in batches.iter().zip(&hit).filter(|(_, hit)| !**hit) {
            prop_assert!(read.batches.contains(batch));
        }
        prop_assert!(read.batches.iter().all(|one| batches.contains(one)));
    }
}

#[test]
fn what_was_refused_of_an_erased_person_is_removed_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::new(folder.path());
    let (mine, other) = (|seq| batch(Uuid::nil(), seq, "mine"), batch(Uuid::max(), 1, "other"));
    assert_eq!(spool.forget(&[Uuid::nil()]).unwrap(), 0);
    for refused in [&mine(1), &other, &mine(2)] {
        spool.reject(refused).unwrap();
    }
    assert_eq!(spool.forget(&[Uuid::nil()]).unwrap(), 2);
    let left = std::fs::read_to_string(spool.rejected()).unwrap();
    let left: Vec<Batch> =
        left.lines().filter(|line| !line.is_empty()).map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(left, [other]);
    assert_eq!(spool.forget(&[Uuid::max()]).unwrap(), 1);
    assert!(!spool.rejected().exists());
}

#[test]
fn what_is_damaged_goes_with_the_next_erasure() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::new(folder.path());
    spool.append(&[&batch(Uuid::nil(), 1, "whole")]).unwrap();
    open(&spool.waiting()).unwrap().write_all(b"\n00000000 9 {\"torn").unwrap();
    open_refused(&spool);
    spool.take_over().unwrap();
    assert!(spool.damaged().exists());
    assert_eq!(spool.forget(&[Uuid::from_u128(7)]).unwrap(), 0);
    assert!(!spool.damaged().exists());
    assert!(!spool.rejected().exists(), "an incomplete line among the refused batches is deleted as well");
}

fn open_refused(spool: &Spool) {
    open(&spool.rejected()).unwrap().write_all(b"{\"interview_id\":\"0").unwrap();
}
