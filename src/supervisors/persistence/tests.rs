//! Tests of the queue: order, what is tried next, and what is set aside.

// clippy allows these only within test functions, and these helpers are outside of them.
#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use chrono::Utc;
use interview::Event;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::queue::{InHand, Next, Patience, Queue};
use super::{AppendError, Forget};
use storage::{Batch, EventRecord};

const PATIENCE: Patience =
    Patience { tries: 3, first: Duration::from_millis(100), longest: Duration::from_millis(400) };

fn batch(interview: u128, seq: i64) -> Batch {
    let record = EventRecord { seq, at_ms: 0, event: Event::Resumed, actor: "interview".to_owned() };
    Batch { interview_id: Uuid::from_u128(interview), fence: Some(1), received_at: Utc::now(), records: vec![record] }
}

fn queue() -> Queue {
    let mut queue = Queue::new(PATIENCE);
    queue.load(Vec::new());
    queue
}

fn push(queue: &mut Queue, interview: u128, seq: i64) -> oneshot::Receiver<Result<(), AppendError>> {
    let (reply, answer) = oneshot::channel();
    assert!(queue.push(batch(interview, seq), reply));
    answer
}

/// Returns what the writer is given: the interview and the number of each batch.
fn given(queue: &mut Queue, now: Instant) -> Vec<(u128, i64)> {
    in_hand(queue, now).iter().map(|one| (one.batch.interview_id.as_u128(), one.batch.records[0].seq)).collect()
}

fn in_hand(queue: &mut Queue, now: Instant) -> Vec<InHand> {
    match queue.next(now) {
        Next::Write(in_hand) => in_hand,
        Next::At(_) | Next::Nothing => Vec::new(),
    }
}

fn commit(queue: &mut Queue, now: Instant) -> Vec<(u128, i64)> {
    let in_hand = in_hand(queue, now);
    for one in &in_hand {
        queue.settle(one.number).unwrap();
    }
    queue.committed();
    in_hand.iter().map(|one| (one.batch.interview_id.as_u128(), one.batch.records[0].seq)).collect()
}

#[test]
fn what_waits_is_written_together_and_in_its_order() {
    let (mut queue, now) = (queue(), Instant::now());
    for seq in 1..=3 {
        drop(push(&mut queue, 1, seq));
        drop(push(&mut queue, 2, seq));
    }
    assert_eq!(commit(&mut queue, now), [(1, 1), (2, 1), (1, 2), (2, 2), (1, 3), (2, 3)]);
    assert_eq!((queue.records(), queue.batches()), (0, 0));
    assert!(matches!(queue.next(now), Next::Nothing));
}

#[test]
fn what_an_earlier_process_left_comes_first() {
    let mut queue = Queue::new(PATIENCE);
    let (flush, mut flushed) = oneshot::channel();
    queue.flush(None, flush);
    assert!(flushed.try_recv().is_err(), "the content of the spool is not known yet");
    drop(push(&mut queue, 1, 3));
    queue.load(vec![batch(1, 1), batch(1, 2)]);
    assert_eq!(commit(&mut queue, Instant::now()), [(1, 1), (1, 2), (1, 3)]);
    queue.answer_flushes();
    assert!(flushed.try_recv().is_ok());
}

#[test]
fn a_batch_that_is_at_fault_is_set_aside_and_the_others_go_on() {
    let (mut queue, mut now) = (queue(), Instant::now());
    drop(push(&mut queue, 1, 1));
    drop(push(&mut queue, 1, 2));
    drop(push(&mut queue, 2, 1));
    assert_eq!(given(&mut queue, now).len(), 3);
    assert!(queue.failed(now).is_none(), "a group that fails says nothing about its members");
    assert_eq!(given(&mut queue, now), [(1, 1)]);
    assert!(queue.failed(now).is_none());
    assert_eq!(commit(&mut queue, now), [(2, 1)], "what follows in the same log waits");
    let mut seq = 1;
    let set_aside = loop {
        assert_eq!(given(&mut queue, now), [], "not before its pause is over");
        now += PATIENCE.longest;
        assert_eq!(given(&mut queue, now), [(1, 1)], "it is tried separately");
        if let Some(set_aside) = queue.failed(now) {
            break set_aside;
        }
        seq += 1;
        assert!(seq <= 3, "the tries are bounded");
        drop(push(&mut queue, 2, seq));
        assert_eq!(commit(&mut queue, now), [(2, seq)]);
    };
    assert_eq!(set_aside.batch.records[0].seq, 1);
    let rest = in_hand(&mut queue, now);
    assert_eq!(rest.len(), 1);
    assert!(rest[0].unheard, "later batches are kept as well, because the log has a gap");
}

#[test]
fn while_nothing_at_all_is_committed_nothing_is_set_aside() {
    let (mut queue, mut now) = (queue(), Instant::now());
    drop(push(&mut queue, 1, 1));
    drop(push(&mut queue, 2, 1));
    let mut tried = [0, 0];
    for _ in 0..1_000 {
        for (interview, _) in given(&mut queue, now) {
            tried[interview as usize - 1] += 1;
        }
        assert!(queue.failed(now).is_none(), "the disk may be full");
        now += Duration::from_millis(50);
    }
    assert!(tried.iter().all(|tries| *tries > 50), "both are tried: {tried:?}");
    now += PATIENCE.longest;
    assert_eq!(commit(&mut queue, now).len() + commit(&mut queue, now).len(), 2);
}

#[test]
fn a_database_that_does_not_answer_is_no_batchs_fault() {
    let (mut queue, now) = (queue(), Instant::now());
    drop(push(&mut queue, 1, 1));
    for _ in 0..100 {
        assert_eq!(given(&mut queue, now), [(1, 1)]);
        queue.put_back();
    }
    let in_hand = in_hand(&mut queue, now);
    assert!(in_hand[0].doubtful, "it may have been committed");
}

#[test]
fn a_flush_of_one_interview_waits_for_no_other() {
    let (mut queue, now) = (queue(), Instant::now());
    drop(push(&mut queue, 1, 1));
    let (one, mut of_one) = oneshot::channel();
    let (two, mut of_two) = oneshot::channel();
    let (all, mut of_all) = oneshot::channel();
    queue.flush(Some(Uuid::from_u128(1)), one);
    queue.flush(Some(Uuid::from_u128(2)), two);
    queue.flush(None, all);
    assert!(of_two.try_recv().is_ok());
    assert!(of_one.try_recv().is_err() && of_all.try_recv().is_err());
    let (reply, _forgotten) = oneshot::channel();
    queue.forget(Forget { interviews: vec![Uuid::from_u128(1)], reply });
    assert!(queue.due_forgets().is_empty());
    commit(&mut queue, now);
    queue.answer_flushes();
    assert!(of_one.try_recv().is_ok() && of_all.try_recv().is_ok());
    assert_eq!(queue.due_forgets().len(), 1);
}
