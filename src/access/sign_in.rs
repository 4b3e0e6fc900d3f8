//! Limits on how fast passwords can be tried.
//!
//! For one account, an address has [`FREE`] attempts. After that, a pause precedes each attempt,
//! and doubles each time. An account that is tried from many addresses is slowed down as well,
//! after [`FREE_ANYWHERE`] attempts. This does not apply to addresses from which somebody has
//! signed in to it, so its owner can sign in from the usual places, whatever others do.
//!
//! Owns: these pauses, in a bounded number of entries whose keys have a fixed size. An attempt is
//! counted when it begins, so that simultaneous attempts are counted as well. Never does: look
//! anything up, or hash a password.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::limits::{MOST_BUCKETS, Recent, network, whole_seconds};

/// The number of attempts at one account from one address without a pause.
pub const FREE: u32 = 5;
/// The number of attempts at one account without a pause, from all unfamiliar addresses together.
pub const FREE_ANYWHERE: u32 = 50;
/// The workspace of a sign-in that names none.
const DEFAULT_WORKSPACE: &str = "default";
const LONGEST: Duration = Duration::from_mins(15);
/// This is short, because an owner at a new address has to wait for it as well.
const LONGEST_ANYWHERE: Duration = Duration::from_secs(10);
/// Attempts are forgotten if no further one follows within this time.
const FORGOTTEN_AFTER: Duration = Duration::from_hours(1);
/// An address remains familiar for this long after a sign-in.
const FAMILIAR_FOR: Duration = Duration::from_hours(24 * 30);

/// The key under which an account is counted: 128 bits of a hash, whatever was sent as its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Account([u8; 16]);

impl Account {
    /// Returns the account for the workspace and the email address of a request, whether or not it
    /// exists.
    pub fn named(workspace: Option<&str>, email: &str) -> Self {
        let workspace = workspace.unwrap_or(DEFAULT_WORKSPACE).trim();
        // An id has several spellings. A look-up would be needed to tell that a name and an id
        // belong to the same workspace, so an account outside the default workspace can be tried
        // under both.
        let workspace = match Uuid::parse_str(workspace) {
            Ok(id) if id == migration::DEFAULT_WORKSPACE => DEFAULT_WORKSPACE.to_owned(),
            Ok(id) => id.to_string(),
            Err(_) => workspace.to_owned(),
        };
        Self::of(&[workspace.as_bytes(), email.trim().to_lowercase().as_bytes()])
    }

    /// Returns the account of a user who has signed in.
    pub fn user(id: Uuid) -> Self {
        Self::of(&[id.as_bytes()])
    }

    fn of(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let mut short = [0; 16];
        short.copy_from_slice(&hash.finalize()[..16]);
        Self(short)
    }
}

/// Failed attempts, and the time from which the next one is allowed.
#[derive(Debug, Clone, Copy)]
struct Tried {
    attempts: u32,
    last: Instant,
    not_before: Instant,
}

impl Tried {
    fn none(now: Instant) -> Self {
        Self { attempts: 0, last: now, not_before: now }
    }

    fn count(&mut self, now: Instant, free: u32, longest: Duration) {
        self.attempts = self.attempts.saturating_add(1);
        self.last = now;
        self.not_before = now + pause(self.attempts, free, longest);
    }
}

/// Returns the pause after so many attempts: 1, 2, 4 … seconds after the free ones.
fn pause(attempts: u32, free: u32, longest: Duration) -> Duration {
    match attempts.checked_sub(free + 1) {
        None => Duration::ZERO,
        Some(doublings) => Duration::from_secs(1_u64.checked_shl(doublings.min(32)).unwrap_or(u64::MAX)).min(longest),
    }
}

type AccountAndAddress = (Account, IpAddr);

/// The attempts to sign in to this process.
pub struct SignIns {
    from_one: Recent<AccountAndAddress, Tried>,
    from_anywhere: Recent<Account, Tried>,
    /// The time of the last sign-in to the account from an address.
    familiar: Recent<AccountAndAddress, Instant>,
    /// If false, there are no pauses, because the rate limit is disabled.
    paused: bool,
}

impl SignIns {
    pub fn new(paused: bool) -> Self {
        Self::holding(paused, MOST_BUCKETS)
    }

    /// Creates it with another number of entries of each kind.
    pub fn holding(paused: bool, most: usize) -> Self {
        Self { from_one: Recent::new(most), from_anywhere: Recent::new(most), familiar: Recent::new(most), paused }
    }

    /// Starts an attempt. It counts as failed until [`succeeded`](Self::succeeded) or
    /// [`undecided`](Self::undecided) is called.
    ///
    /// # Errors
    /// The seconds to wait, if the attempt comes too early. It is not counted then.
    pub fn begin(&self, account: Account, from: IpAddr, now: Instant) -> Result<(), u64> {
        if !self.paused {
            return Ok(());
        }
        let place = (account, network(from));
        let familiar = self.familiar.with(|known| known.get(&place).is_some_and(|last| now - *last < FAMILIAR_FOR));
        if !familiar {
            self.from_anywhere.with(|tried| waits(tried.get(&account), now))?;
        }
        self.from_one.with(|tried| {
            waits(tried.get(&place), now)?;
            entry(tried, place, now).count(now, FREE, LONGEST);
            Ok::<(), u64>(())
        })?;
        if !familiar {
            self.from_anywhere.with(|tried| entry(tried, account, now).count(now, FREE_ANYWHERE, LONGEST_ANYWHERE));
        }
        Ok(())
    }

    /// Records that the password was right.
    pub fn succeeded(&self, account: Account, from: IpAddr, now: Instant) {
        if !self.paused {
            return;
        }
        let place = (account, network(from));
        let own = self.from_one.with(|tried| tried.pop(&place)).map_or(0, |tried| tried.attempts);
        let was_familiar = self.familiar.with(|known| known.put(place, now)).is_some();
        if !was_familiar {
            self.take_back(account, own);
        }
    }

    /// Records that the password could not be checked.
    pub fn undecided(&self, account: Account, from: IpAddr) {
        let place = (account, network(from));
        self.from_one.with(|tried| {
            if let Some(tried) = tried.get_mut(&place) {
                tried.attempts = tried.attempts.saturating_sub(1);
                tried.not_before = tried.last;
            }
        });
        self.take_back(account, 1);
    }

    /// Returns the number of entries of all kinds.
    pub fn entries(&self) -> usize {
        self.from_one.len() + self.from_anywhere.len() + self.familiar.len()
    }

    fn take_back(&self, account: Account, attempts: u32) {
        self.from_anywhere.with(|tried| {
            if let Some(tried) = tried.get_mut(&account) {
                tried.attempts = tried.attempts.saturating_sub(attempts);
            }
        });
    }
}

fn waits(tried: Option<&Tried>, now: Instant) -> Result<(), u64> {
    match tried.map(|tried| tried.not_before.saturating_duration_since(now)) {
        Some(wait) if !wait.is_zero() => Err(whole_seconds(wait)),
        _ => Ok(()),
    }
}

fn entry<K: std::hash::Hash + Eq>(tried: &mut lru::LruCache<K, Tried>, key: K, now: Instant) -> &mut Tried {
    let entry = tried.get_or_insert_mut(key, || Tried::none(now));
    if now.saturating_duration_since(entry.last) > FORGOTTEN_AFTER {
        *entry = Tried::none(now);
    }
    entry
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn address(last: u32) -> IpAddr {
        IpAddr::V4(std::net::Ipv4Addr::from_bits(0xcb00_7100 + last))
    }

    fn dana() -> Account {
        Account::named(None, "dana@example.org")
    }

    /// Tries until the account is closed to the address, and returns the number of attempts.
    fn exhaust(tries: &SignIns, account: Account, from: IpAddr, now: Instant) -> u32 {
        (0..100 * FREE).take_while(|_| tries.begin(account, from, now).is_ok()).count() as u32
    }

    #[test]
    fn pauses_grow_and_end() {
        let (tries, mut now) = (SignIns::new(true), Instant::now());
        assert_eq!(
            exhaust(&tries, dana(), address(1), now),
            FREE + 1,
            "the first attempt after the free ones starts \
            the pauses"
        );
        for seconds in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
            assert_eq!(tries.begin(dana(), address(1), now), Err(seconds));
            assert!(tries.begin(dana(), address(1), now + SECOND / 2 * (2 * seconds as u32 - 1)).is_err());
            now += SECOND * seconds as u32;
            assert_eq!(tries.begin(dana(), address(1), now), Ok(()));
        }
        assert!(tries.begin(dana(), address(1), now).is_err());
        now += FORGOTTEN_AFTER + SECOND;
        assert_eq!(exhaust(&tries, dana(), address(1), now), FREE + 1, "after an hour everything is forgotten");
    }

    #[test]
    fn nobody_keeps_the_owner_out_from_another_address() {
        let (tries, now) = (SignIns::new(true), Instant::now());
        exhaust(&tries, dana(), address(1), now);
        assert_eq!(tries.begin(dana(), address(2), now), Ok(()));
        let other = Account::named(Some("acme"), "dana@example.org");
        assert_eq!(tries.begin(other, address(1), now), Ok(()), "another account");
        let id = migration::DEFAULT_WORKSPACE;
        for same in ["default", " default ", &id.to_string(), &id.simple().to_string().to_uppercase()] {
            assert_eq!(Account::named(Some(same), "Dana@Example.org "), dana());
        }
    }

    #[test]
    fn who_gets_in_has_a_clean_record() {
        let (tries, now) = (SignIns::new(true), Instant::now());
        for _ in 0..100 {
            tries.begin(dana(), address(1), now).unwrap();
            tries.succeeded(dana(), address(1), now);
        }
        assert_eq!(exhaust(&tries, dana(), address(1), now), FREE + 1);
    }

    #[test]
    fn an_account_that_is_tried_from_everywhere_stays_open_to_where_its_owner_was() {
        let (tries, mut now) = (SignIns::new(true), Instant::now());
        tries.begin(dana(), address(1), now).unwrap();
        tries.succeeded(dana(), address(1), now);
        let mut attempts = 0;
        for from in 100..200 {
            attempts += exhaust(&tries, dana(), address(from), now);
        }
        assert_eq!(attempts, FREE_ANYWHERE + 1, "a hundred addresses are slowed down as one is");
        assert!(tries.begin(dana(), address(2), now).is_err());
        assert_eq!(tries.begin(dana(), address(1), now), Ok(()), "the owner's own address");
        now += LONGEST_ANYWHERE;
        assert_eq!(tries.begin(dana(), address(2), now), Ok(()), "a new address waits for seconds only");
    }

    #[test]
    fn what_could_not_be_tried_was_no_attempt() {
        let (tries, now) = (SignIns::new(true), Instant::now());
        for _ in 0..1_000 {
            tries.begin(dana(), address(1), now).unwrap();
            tries.undecided(dana(), address(1));
        }
    }

    #[test]
    fn however_many_accounts_are_tried_the_entries_are_bounded() {
        let (tries, now) = (SignIns::holding(true, 100), Instant::now());
        for number in 0..1_000 {
            let account = Account::named(None, &format!("{number}@example.org{}", "x".repeat(10_000)));
            tries.begin(account, address(number), now).unwrap();
            tries.succeeded(account, address(number), now);
            tries.begin(account, address(number + 1), now).unwrap();
        }
        assert!(tries.entries() <= 300, "{}", tries.entries());
        let unlimited = SignIns::new(false);
        assert!((0..100).all(|_| unlimited.begin(dana(), address(1), now).is_ok()));
        assert_eq!(unlimited.entries(), 0);
    }
}
