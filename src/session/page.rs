//! What the respondent's page is told, kept so that a page that reconnects misses nothing final.
//!
//! Owns: the numbering and the backlog of the page's messages. Never does: send them over a socket.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use interview::io::{Ms, Notice, Speaker};
use parking_lot::Mutex;
use tokio::sync::broadcast;

use crate::calls::PageMessage;

/// Messages kept for a page that reconnects; a two-hour interview stays well below.
const BACKLOG: usize = 4096;

/// Messages of one tenure of a call: a million. Together with a fencing number below 2^33 a number stays below 2^53, and so
/// is exact in JavaScript.
const COUNTER_BITS: u32 = 20;

/// The page's side of one interview; cheap to clone, shared by the actor and the sockets.
#[derive(Clone)]
pub struct Page {
    inner: Arc<Mutex<Inner>>,
    live: broadcast::Sender<PageMessage>,
    following: Arc<AtomicBool>,
}

struct Inner {
    next_seq: u64,
    backlog: Vec<PageMessage>,
    /// The partial caption of each speaker that the next one replaces.
    partial: HashMap<Speaker, u64>,
    /// The last message that is here, whoever numbered it.
    last: u64,
    /// The last one that another engine numbered.
    relayed: u64,
}

impl Page {
    pub fn new() -> Self {
        let (live, _) = broadcast::channel(256);
        let inner = Inner { next_seq: 1, backlog: Vec::new(), partial: HashMap::new(), last: 0, relayed: 0 };
        Self { inner: Arc::new(Mutex::new(inner)), live, following: Arc::default() }
    }

    /// A call begins, which the engine holds under this fencing number. Its messages have larger numbers than those of any
    /// engine that held the call before, and than those of this engine before it was started again: a page that was open then
    /// asks for what came after one of these.
    pub fn begin(&self, fence: i64) {
        let first = (fence.max(0).unsigned_abs() << COUNTER_BITS) + 1;
        let mut inner = self.inner.lock();
        inner.next_seq = inner.next_seq.max(first);
    }

    /// Numbers the notice, keeps it, and hands it to every open socket.
    pub fn publish(&self, at_ms: Ms, notice: Notice) {
        let message = {
            let mut inner = self.inner.lock();
            let seq = inner.next_seq;
            inner.next_seq += 1;
            let mut replaces = None;
            if let Notice::Caption { speaker, r#final, .. } = &notice {
                replaces = inner.partial.remove(speaker);
                if !r#final {
                    inner.partial.insert(*speaker, seq);
                }
            }
            let message = PageMessage { seq, at_ms, notice, replaces };
            inner.keep(message.clone());
            message
        };
        // No socket is open: the backlog has it.
        let _ = self.live.send(message);
    }

    /// A message that another engine of the fleet has numbered; the numbers here go on after it.
    pub fn relay(&self, message: PageMessage) {
        {
            let mut inner = self.inner.lock();
            if message.seq <= inner.last {
                return;
            }
            inner.relayed = message.seq;
            inner.next_seq = inner.next_seq.max(message.seq + 1);
            inner.keep(message.clone());
        }
        let _ = self.live.send(message);
    }

    /// The number of the last message that is here; 0 without any.
    pub fn last(&self) -> u64 {
        self.inner.lock().last
    }

    /// The number of the last message that came from another engine; 0 without any.
    pub fn relayed(&self) -> u64 {
        self.inner.lock().relayed
    }

    /// Whether it is this very page, and not one that was made in its place.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// True for whoever is to ask for other engines' messages from now on: one at a time.
    pub fn begin_following(&self) -> bool {
        !self.following.swap(true, Ordering::AcqRel)
    }

    pub fn end_following(&self) {
        self.following.store(false, Ordering::Release);
    }

    /// Everything after `after` (all of it when none), and what comes from now on: no gap, no doubles.
    pub fn subscribe(&self, after: Option<u64>) -> (Vec<PageMessage>, broadcast::Receiver<PageMessage>) {
        let inner = self.inner.lock();
        let backlog = inner.backlog.iter().filter(|message| message.seq > after.unwrap_or(0)).cloned().collect();
        (backlog, self.live.subscribe())
    }

    /// Drops what is kept: how many messages.
    pub fn clear(&self) -> u64 {
        let mut inner = self.inner.lock();
        inner.partial.clear();
        std::mem::take(&mut inner.backlog).len() as u64
    }

    /// Whether any socket is open on it.
    pub fn is_watched(&self) -> bool {
        self.live.receiver_count() > 0
    }
}

impl Inner {
    fn keep(&mut self, message: PageMessage) {
        self.last = self.last.max(message.seq);
        // A replaced partial caption is of no use to anyone who comes later.
        if let Some(replaced) = message.replaces {
            self.backlog.retain(|message| message.seq != replaced);
        }
        if self.backlog.len() >= BACKLOG {
            self.backlog.remove(0);
        }
        self.backlog.push(message);
    }
}

impl Default for Page {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caption(text: &str, is_final: bool) -> Notice {
        Notice::Caption { speaker: Speaker::Respondent, text: text.into(), r#final: is_final, start_ms: 0, end_ms: 1 }
    }

    #[test]
    fn a_page_that_comes_back_misses_nothing_final_and_gets_no_stale_partial() {
        let page = Page::new();
        page.publish(10, caption("I", false));
        page.publish(20, caption("I think", false));
        let (_, mut live) = page.subscribe(None);
        page.publish(30, caption("I think so.", true));
        assert_eq!(live.try_recv().unwrap().replaces, Some(2));
        let (backlog, _) = page.subscribe(Some(1));
        assert_eq!(backlog.iter().map(|message| message.seq).collect::<Vec<_>>(), [3]);
        assert!(page.subscribe(Some(3)).0.is_empty());
    }

    #[test]
    fn what_another_engine_told_comes_once_and_numbers_go_on_after_it() {
        let (there, here) = (Page::new(), Page::new());
        there.begin(2);
        here.begin(1);
        let first = there.inner.lock().next_seq;
        there.publish(10, caption("I think so.", true));
        let (_, mut live) = here.subscribe(None);
        for message in there.subscribe(None).0.into_iter().cycle().take(2) {
            here.relay(message);
        }
        assert_eq!((live.try_recv().unwrap().seq, here.relayed()), (first, first));
        assert!(live.try_recv().is_err(), "once");
        here.publish(20, caption("And so on.", true));
        for message in here.subscribe(None).0 {
            here.relay(message);
        }
        assert_eq!(here.relayed(), first, "its own are none of another engine's");
        assert_eq!(here.subscribe(None).0.iter().map(|message| message.seq).collect::<Vec<_>>(), [first, first + 1]);
    }

    #[test]
    fn whoever_holds_the_call_next_goes_on_with_larger_numbers_that_javascript_holds() {
        let seqs = |page: &Page| page.subscribe(None).0.iter().map(|message| message.seq).collect::<Vec<_>>();
        let first = Page::new();
        first.begin(1);
        first.publish(10, caption("I think so.", true));
        // Its actor was replaced; the engine still holds the call.
        first.begin(1);
        first.publish(20, caption("And so on.", true));
        let second = Page::new();
        second.begin(2);
        second.publish(30, caption("Yes.", true));
        assert!(seqs(&first).is_sorted_by(|a, b| a < b) && seqs(&first)[1] < seqs(&second)[0]);
        let last = Page::new();
        last.begin((1 << 33) - 1);
        last.publish(10, caption("Yes.", true));
        assert!(seqs(&last)[0] < 1 << 53);
    }
}
