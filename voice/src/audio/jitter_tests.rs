//! Tests of the jitter buffer on a virtual network.
//!
//! Owns: seeded loss, jitter and reordering. Never does: wait for real time.

use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::*;

/// Returns a 20 ms Opus packet, as its first byte states, that carries its own number.
fn payload(number: u32) -> Bytes {
    let mut bytes = vec![0x68];
    bytes.extend(number.to_be_bytes());
    Bytes::from(bytes)
}

fn number(payload: &Bytes) -> u32 {
    u32::from_be_bytes(payload[1..5].try_into().unwrap())
}

/// Sends packets with chosen delays on a virtual clock, and polls the buffer at every arrival and
/// deadline.
struct Network {
    origin: Instant,
    jitter: Jitter,
    arrivals: BTreeMap<(u64, u32), Packet>,
    out: Vec<(u64, Piece)>,
}

impl Network {
    fn new() -> Self {
        Self {
            origin: Instant::now(),
            jitter: Jitter::new(PayloadClock::OPUS),
            arrivals: BTreeMap::new(),
            out: Vec::new(),
        }
    }

    /// Sends the 20 ms packet `number` at its regular time, so that it arrives `delay_us` later.
    fn send(&mut self, number: u32, first_sequence: u16, first_timestamp: u32, delay_us: u64) {
        let at = u64::from(number) * 20_000 + delay_us;
        self.send_at(
            at,
            number,
            first_sequence.wrapping_add(number as u16),
            first_timestamp.wrapping_add(number * 960),
        );
    }

    fn send_at(&mut self, at_us: u64, number: u32, sequence: u16, timestamp: u32) {
        let arrived = self.origin + Duration::from_micros(at_us);
        self.arrivals.insert((at_us, number), Packet { sequence, timestamp, payload: payload(number), arrived });
    }

    fn drain_at(&mut self, now: Instant) {
        let us = now.saturating_duration_since(self.origin).as_micros() as u64;
        while let Some(piece) = self.jitter.poll(now) {
            self.out.push((us, piece));
            assert!(self.out.len() < 200_000, "the buffer makes up sound without end");
        }
    }

    /// Runs the clock until `end_us`.
    fn run(mut self, end_us: u64) -> Self {
        let end = self.origin + Duration::from_micros(end_us);
        loop {
            let arrival = self.arrivals.first_key_value().map(|(_, packet)| packet.arrived);
            let next = [arrival, self.jitter.deadline()].into_iter().flatten().min().unwrap_or(end);
            if next > end {
                return self;
            }
            if Some(next) == arrival {
                let (_, packet) = self.arrivals.pop_first().unwrap();
                self.jitter.insert(packet);
            }
            self.drain_at(next);
        }
    }

    fn packets(&self) -> Vec<u32> {
        let numbers = self.out.iter().filter_map(|(_, piece)| match &piece.sound {
            Sound::Packet(payload) => Some(number(payload)),
            _ => None,
        });
        numbers.collect()
    }

    fn count(&self, wanted: impl Fn(&Sound) -> bool) -> usize {
        self.out.iter().filter(|(_, piece)| wanted(&piece.sound)).count()
    }

    fn lost(&self) -> usize {
        self.count(|sound| matches!(sound, Sound::Lost { .. }))
    }
}

#[test]
fn a_clean_network_costs_no_delay_and_the_depth_shrinks_to_a_frame() {
    let mut network = Network::new();
    for n in 0..2000 {
        network.send(n, 65_000, u32::MAX - 100_000, 5_000);
    }
    let network = network.run(2000 * 20_000);
    assert_eq!(network.packets(), (0..2000).collect::<Vec<_>>(), "sequence and timestamp wrap unnoticed");
    assert_eq!(network.lost(), 0);
    for (us, piece) in &network.out {
        if let Sound::Packet(payload) = &piece.sound {
            assert_eq!(*us, u64::from(number(payload)) * 20_000 + 5_000, "it leaves as it arrives");
        }
    }
    assert_eq!(network.jitter.depth().as_millis(), 20);
}

#[test]
fn reordered_packets_come_out_in_order_and_duplicates_once() {
    let mut network = Network::new();
    for n in 0..100 {
        network.send(n, 0, 0, if n % 5 == 2 { 28_000 } else { 1_000 });
        if n % 7 == 0 {
            let at = u64::from(n) * 20_000 + 9_000;
            network.send_at(at, n, n as u16, n * 960);
        }
    }
    let network = network.run(100 * 20_000);
    assert_eq!(network.packets(), (0..100).collect::<Vec<_>>());
    assert_eq!(network.lost(), 0);
    assert_eq!(network.jitter.counts().duplicate, 15);
}

#[test]
fn a_lost_packet_is_given_up_after_the_depth_with_what_can_restore_it() {
    let mut network = Network::new();
    for n in (0..50).filter(|n| *n != 20) {
        network.send(n, 0, 0, 0);
    }
    let network = network.run(49 * 20_000);
    let position = network.out.iter().position(|(_, piece)| matches!(piece.sound, Sound::Lost { .. })).unwrap();
    assert_eq!(position, 20);
    let (us, piece) = &network.out[position];
    assert_eq!(piece.sound, Sound::Lost { following: Some(payload(21)) });
    assert!((420_000..=440_000).contains(us), "{us}: within the depth of 20 to 40 ms");
    assert_eq!(network.packets().len(), 49);
}

#[test]
fn a_pause_of_the_sender_is_silence_and_not_loss() {
    let mut network = Network::new();
    for n in 0..50u32 {
        // Under discontinuous transmission, the sequence continues while the timestamp skips 1 s.
        let shift = if n < 25 { 0 } else { 50 };
        network.send_at(u64::from(n + shift) * 20_000, n, n as u16, (n + shift) * 960);
    }
    let network = network.run(99 * 20_000);
    assert_eq!(network.packets(), (0..50).collect::<Vec<_>>());
    assert!(network.lost() <= GUESSED_FRAMES as usize, "only the first frames are guessed");
    let silent = network.count(|sound| *sound == Sound::Silence);
    assert_eq!(silent + network.lost(), 50, "a second is a second");
}

#[test]
fn a_stream_that_begins_anew_goes_on_at_once() {
    let mut network = Network::new();
    for n in 0..20u32 {
        network.send(n, 100, 5_000, 0);
    }
    for n in 20..40u32 {
        network.send(n, 40_000, 3_000_000_000, 0);
    }
    let network = network.run(39 * 20_000);
    assert_eq!(network.packets(), (0..40).collect::<Vec<_>>());
    assert_eq!(network.jitter.counts().restarts, 1);
}

#[test]
fn a_clock_that_drifts_is_followed() {
    // A sender's clock that is 500 ppm slow loses 150 ms in five minutes.
    let mut network = Network::new();
    for n in 0..15_000u32 {
        network.send(n, 0, 0, u64::from(n) * 10);
    }
    let network = network.run(14_999 * 20_010);
    assert_eq!(network.packets().len(), 15_000);
    assert_eq!(network.lost(), 0);
    let (us, last) = network.out.iter().rfind(|(_, p)| matches!(p.sound, Sound::Packet(_))).unwrap();
    let at = last.at.saturating_duration_since(network.origin).as_micros() as u64;
    assert!(us - at < 30_000, "its time is that of its arrival less its length, not {} µs before", us - at);
}

#[test]
fn longer_packets_are_taken_as_they_are() {
    let mut network = Network::new();
    for n in 0..20u32 {
        let at = u64::from(n) * 60_000;
        network.send_at(at, n, n as u16, n * 2880);
        let packet = network.arrivals.get_mut(&(at, n)).unwrap();
        // A packet of code 3 with three frames of 20 ms each (RFC 6716, 3.2.5).
        packet.payload = Bytes::from_static(&[0x6b, 0x03, 1, 2, 3]);
    }
    let network = network.run(19 * 60_000);
    assert!(network.out.iter().all(|(_, piece)| piece.samples == 2880));
    assert_eq!(network.out.len(), 20);
}

#[test]
fn what_is_held_at_the_end_is_not_lost() {
    let mut network = Network::new();
    for n in [0, 1, 2, 4] {
        network.send(n, 0, 0, 0);
    }
    let mut network = network.run(90_000);
    let mut rest = Vec::new();
    while let Some(piece) = network.jitter.drain() {
        rest.push(piece.sound);
    }
    let lost = Sound::Lost { following: Some(payload(4)) };
    assert_eq!(rest, [lost, Sound::Packet(payload(4))]);
}

#[test]
fn nonsense_payloads_are_counted_and_left_out() {
    let mut jitter = Jitter::new(PayloadClock::OPUS);
    let arrived = Instant::now();
    jitter.insert(Packet { sequence: 1, timestamp: 1, payload: Bytes::new(), arrived });
    assert_eq!(jitter.poll(arrived), None);
    assert_eq!(jitter.counts().malformed, 1);
}

#[test]
fn a_bad_network_loses_little_more_than_the_network_lost() {
    let mut random = StdRng::seed_from_u64(7);
    let mut network = Network::new();
    let mut delivered = 0;
    for n in 0..3000 {
        if random.random_bool(0.03) {
            continue;
        }
        delivered += 1;
        // Delays are 30 ms on average, with occasional spikes.
        let spike = if random.random_bool(0.01) { 60_000 } else { 0 };
        network.send(n, 60_000, 7, random.random_range(0..40_000) + spike);
    }
    let network = network.run(3000 * 20_000);
    let heard = network.packets();
    assert!(heard.windows(2).all(|pair| pair[0] < pair[1]), "in order, each once");
    assert!(heard.len() * 1000 >= delivered * 990, "{} of {delivered} arrived in time", heard.len());
    assert!(network.jitter.depth() > Duration::from_millis(40), "the depth grew");
    // The bound of the depth holds for every gap.
    for (us, piece) in &network.out {
        let at = piece.at.saturating_duration_since(network.origin).as_micros() as u64;
        assert!(us.saturating_sub(at) <= 20_000 + 200_000 + 40_000, "{us} for {at}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever arrives, the buffer does not panic, and packets leave in order, once each, without
    /// gaps or overlaps.
    #[test]
    fn whatever_arrives(steps in prop::collection::vec((any::<u16>(), any::<u32>(), 0u64..100_000, any::<bool>()), 1..200)) {
        let mut network = Network::new();
        let mut at = 0;
        for (index, (sequence, timestamp, wait, sane)) in steps.iter().enumerate() {
            at += wait;
            let index = index as u32;
            if *sane {
                network.send_at(at, index, index as u16, (at * 6 / 125) as u32);
            } else {
                network.send_at(at, index, *sequence, *timestamp);
            }
        }
        let network = network.run(at + 1_000_000);
        let heard = network.packets();
        let mut unique = heard.clone();
        unique.sort_unstable();
        unique.dedup();
        prop_assert_eq!(unique.len(), heard.len());
        prop_assert!(network.out.iter().all(|(_, piece)| piece.samples > 0));
    }

    /// For any delays below the depth's bound and without loss, the order is restored once the
    /// depth has grown.
    #[test]
    fn order_is_restored(seed in any::<u64>(), spread in 1_000u64..19_000) {
        let mut random = StdRng::seed_from_u64(seed);
        let mut network = Network::new();
        for n in 0..300 {
            network.send(n, 65_500, u32::MAX - 960 * 20, random.random_range(0..spread) + if n % 9 == 4 { 20_000 } else { 0 });
        }
        let network = network.run(300 * 20_000);
        let heard = network.packets();
        prop_assert!(heard.windows(2).all(|pair| pair[0] < pair[1]));
        prop_assert!(heard.len() >= 298, "{}", heard.len());
    }
}

#[test]
fn a_codec_with_another_clock_is_timed_by_it() {
    // For G.711, 160 bytes are 160 units at 8 kHz, which is 20 ms.
    let clock = PayloadClock { rate: 8_000, duration: |payload| Some(payload.len() as u32), silent_bytes: 0 };
    let mut jitter = Jitter::new(clock);
    let origin = Instant::now();
    for number in [0_u16, 1, 3] {
        let arrived = origin + Duration::from_millis(20 * u64::from(number));
        let payload = Bytes::from(vec![number as u8; 160]);
        jitter.insert(Packet {
            sequence: number,
            timestamp: (u32::MAX - 100).wrapping_add(160 * u32::from(number)),
            payload,
            arrived,
        });
    }
    let pieces: Vec<Piece> = std::iter::from_fn(|| jitter.drain()).collect();
    assert_eq!(pieces.iter().map(|piece| piece.samples).collect::<Vec<_>>(), [160; 4]);
    assert!(matches!(pieces[2].sound, Sound::Lost { following: Some(_) }));
    for pair in pieces.windows(2) {
        assert_eq!(pair[1].at.duration_since(pair[0].at), Duration::from_millis(20));
    }
}
