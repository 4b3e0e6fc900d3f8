//! Fitting the classifier's weights: gradient descent with Adam and decoupled weight decay (Loshchilov & Hutter 2019)
//! over batches, the rate rising and falling once (Smith 2018), with dropout (Srivastava et al. 2014) and smoothed
//! labels (Szegedy et al. 2016), without which the network is too sure of itself on so few examples.
//!
//! Owns: the arithmetic. What it draws by chance comes from a counter, so the same examples give the same weights.

use super::classifier::{Features, HIDDEN, Model, WIDTH, add, softmax};
use super::meaning::Kind;

/// Times that every example is seen.
const ROUNDS: usize = 14;
const BATCH: usize = 128;
/// Highest rate.
const RATE: f32 = 2e-3;
/// Share of the rounds in which the rate rises.
const RISING: f32 = 0.3;
const DECAY: f32 = 1e-3;
/// Shares of features and of hidden sums that an example is shown without.
const DROP_FEATURES: f32 = 0.15;
const DROP_HIDDEN: f32 = 0.3;
/// Probability that a label leaves to all kinds alike.
const SMOOTHING: f32 = 0.1;

/// `progress` gets the share done, 0…1.
pub fn fit(kinds: Vec<Kind>, examples: &[(Features, Kind)], progress: impl Fn(f32)) -> Model {
    let labels: Vec<usize> =
        examples.iter().map(|(_, kind)| kinds.iter().position(|one| one == kind).unwrap_or(0)).collect();
    let importance = importance(&labels, kinds.len());
    let mut chance = Chance(1);
    let first = (0..WIDTH * HIDDEN).map(|_| (chance.next() - 0.5) * 0.03).collect();
    let second = (0..(HIDDEN + 1) * kinds.len()).map(|_| (chance.next() - 0.5) * 0.125).collect();
    let mut model = Model { kinds, first, second };
    let mut moments = [Moments::of(model.first.len()), Moments::of(model.second.len())];
    let mut order: Vec<usize> = (0..examples.len()).collect();
    let steps = ROUNDS * examples.len().div_ceil(BATCH);
    let mut step = 0;
    let mut gradient = Gradient::of(&model);
    for _ in 0..ROUNDS {
        for at in (1..order.len()).rev() {
            order.swap(at, (chance.next() * (at + 1) as f32) as usize % (at + 1));
        }
        for batch in order.chunks(BATCH) {
            gradient.clear();
            for &example in batch {
                let weight = importance[labels[example]] / batch.len() as f32;
                gradient.see(&model, &examples[example].0, labels[example], weight, &mut chance);
            }
            step += 1;
            let rate = rate(step as f32 / steps as f32);
            moments[0].step(&mut model.first, &gradient.first, rate, step);
            moments[1].step(&mut model.second, &gradient.second, rate, step);
        }
        progress(step as f32 / steps as f32);
    }
    model
}

/// The root of a kind's count keeps one of many examples from drowning the small ones; 1 on average.
fn importance(labels: &[usize], kinds: usize) -> Vec<f32> {
    let mut counts = vec![0.0_f32; kinds];
    for label in labels {
        counts[*label] += 1.0;
    }
    let sum: f32 = counts.iter().map(|count| count.sqrt()).sum();
    counts.iter().map(|count| labels.len() as f32 / sum / count.max(1.0).sqrt()).collect()
}

/// Of the share of all steps done: up from a twenty-fifth, then down to nothing, along a cosine.
fn rate(done: f32) -> f32 {
    let along = |share: f32| (1.0 - (std::f32::consts::PI * share).cos()) / 2.0;
    if done < RISING {
        RATE * (0.04 + 0.96 * along(done / RISING))
    } else {
        RATE * (1.0 - along((done - RISING) / (1.0 - RISING)))
    }
}

struct Gradient {
    first: Vec<f32>,
    second: Vec<f32>,
}

impl Gradient {
    fn of(model: &Model) -> Self {
        Self { first: vec![0.0; model.first.len()], second: vec![0.0; model.second.len()] }
    }

    fn clear(&mut self) {
        self.first.fill(0.0);
        self.second.fill(0.0);
    }

    /// Adds what one example says.
    fn see(&mut self, model: &Model, features: &Features, label: usize, weight: f32, chance: &mut Chance) {
        let kinds = model.kinds.len();
        let shown: Vec<(usize, f32)> = features
            .places()
            .filter_map(|(place, value)| chance.keeps(DROP_FEATURES).map(|scale| (place, value * scale)))
            .collect();
        let mut hidden = vec![0.0_f32; HIDDEN];
        for (place, value) in &shown {
            add(&mut hidden, &model.first[place * HIDDEN..(place + 1) * HIDDEN], *value);
        }
        for sum in &mut hidden {
            let kept = chance.keeps(DROP_HIDDEN).unwrap_or(0.0);
            *sum = sum.max(0.0) * kept;
        }
        let mut errors = softmax(&model.scores(&hidden));
        for (kind, error) in errors.iter_mut().enumerate() {
            let wanted = SMOOTHING / kinds as f32 + if kind == label { 1.0 - SMOOTHING } else { 0.0 };
            *error = (*error - wanted) * weight;
        }
        let mut back = vec![0.0_f32; HIDDEN];
        for (at, sum) in hidden.iter().enumerate().filter(|(_, sum)| **sum > 0.0) {
            let row = at * kinds..(at + 1) * kinds;
            let slope: f32 = model.second[row.clone()].iter().zip(&errors).map(|(weight, error)| weight * error).sum();
            back[at] = slope / (1.0 - DROP_HIDDEN);
            add(&mut self.second[row], &errors, *sum);
        }
        add(&mut self.second[HIDDEN * kinds..], &errors, 1.0);
        for (place, value) in shown {
            add(&mut self.first[place * HIDDEN..(place + 1) * HIDDEN], &back, value);
        }
    }
}

/// Adam's running means of slopes and of their squares.
struct Moments {
    mean: Vec<f32>,
    square: Vec<f32>,
}

impl Moments {
    fn of(length: usize) -> Self {
        Self { mean: vec![0.0; length], square: vec![0.0; length] }
    }

    fn step(&mut self, weights: &mut [f32], gradient: &[f32], rate: f32, step: i32) {
        let (fade1, fade2) = (0.9_f32, 0.999_f32);
        let (bias1, bias2) = (1.0 - fade1.powi(step), 1.0 - fade2.powi(step));
        let moments = self.mean.iter_mut().zip(&mut self.square);
        for ((weight, slope), (mean, square)) in weights.iter_mut().zip(gradient).zip(moments) {
            *mean = fade1 * *mean + (1.0 - fade1) * slope;
            *square = fade2 * *square + (1.0 - fade2) * slope * slope;
            let change = (*mean / bias1) / ((*square / bias2).sqrt() + 1e-8);
            *weight -= rate * (change + DECAY * *weight);
        }
    }
}

/// SplitMix64 (Steele, Lea & Flood 2014): the same numbers on every machine and in every release.
struct Chance(u64);

impl Chance {
    /// 0 ≤ … < 1.
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 40) as f32 / (1_u64 << 24) as f32
    }

    /// None with this probability, else what makes up for those that are left out.
    fn keeps(&mut self, drop: f32) -> Option<f32> {
        (self.next() >= drop).then_some(1.0 / (1.0 - drop))
    }
}
