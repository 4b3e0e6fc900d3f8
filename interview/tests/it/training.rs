//! The engine reads with exactly what `scripts/train` wrote.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::support::encoder;

#[derive(Deserialize)]
struct Trained {
    /// The first numbers of some texts' vectors, as PyTorch computes them.
    vectors: BTreeMap<String, Vec<f32>>,
}

#[test]
fn vectors_are_those_of_the_training() {
    let trained: Trained = serde_json::from_str(include_str!("../../../languages/en/understanding.json")).unwrap();
    assert!(trained.vectors.len() > 1);
    for (text, numbers) in trained.vectors {
        let vector = encoder().encode(&text).unwrap();
        for (is, wanted) in vector.iter().zip(&numbers) {
            assert!((is - wanted).abs() < 0.01, "{text}: {:?}, not {numbers:?}", &vector[..numbers.len()]);
        }
    }
}
