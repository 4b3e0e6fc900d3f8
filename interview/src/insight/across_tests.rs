//! Groups, trends, and properties of the statistics that hold for any input.

use proptest::prelude::*;

use super::super::stats;
use super::*;

fn case(at: usize, region: &str, themes: &[&str]) -> Case {
    Case {
        interview_id: format!("i{at}"),
        day: (at / 4) as f64,
        themes: themes.iter().map(|theme| (*theme).to_owned()).collect(),
        sentiment: Some(if themes.contains(&"price") { -1.0 } else { 1.0 }),
        data_quality_score: Some(0.5),
        segments: BTreeMap::from([("region".to_owned(), region.to_owned())]),
    }
}

#[test]
fn groups_that_differ_are_told_from_those_that_do_not() {
    let mut cases: Vec<Case> = (0..20).map(|at| case(at, "north", &["price", "time"])).collect();
    cases.extend((0..20).map(|at| case(at, "south", if at % 2 == 0 { &["time"] } else { &[] })));
    cases.extend((0..2).map(|at| case(at, "west", &["price"])));
    let told = across(&cases, &[]);
    assert_eq!((told.interviews, told.in_small_groups), (42, 2));
    let price =
        told.comparisons.iter().find(|one| one.value == "north" && one.theme.as_deref() == Some("price")).unwrap();
    assert!(price.significant && (price.here, price.group) == (1.0, 20), "{price:?}");
    assert!(!told.comparisons.iter().any(|one| one.value == "west"), "too few to be shown");
    assert_eq!(told.themes[0].theme, "time");
    assert_eq!((told.themes[0].interviews, told.themes[0].of), (30, 42));
}

#[test]
fn a_theme_that_grows_is_a_trend() {
    let cases: Vec<Case> = (0..40).map(|at| case(at, "all", if at > 20 { &["price"] } else { &["time"] })).collect();
    let told = across(&cases, &[]);
    let of = |theme: &str| told.trends.iter().find(|one| one.theme.as_deref() == Some(theme)).unwrap();
    assert_eq!((of("price").direction.as_str(), of("time").direction.as_str()), ("rising", "falling"));
    assert_eq!(of("price").series.len(), 10);
    assert!(told.comparisons.is_empty(), "one group");
}

proptest! {
    #[test]
    fn intervals_hold_their_share(total in 1_u64..500, part in 0.0_f64..=1.0) {
        let hits = (total as f64 * part) as u64;
        let interval = stats::wilson(hits, total, stats::Z_95).unwrap();
        prop_assert!(0.0 <= interval.low && interval.low <= interval.share);
        prop_assert!(interval.share <= interval.high && interval.high <= 1.0);
        // More observations of the same share narrow the interval.
        let wider = stats::wilson(hits * 4, total * 4, stats::Z_95).unwrap();
        prop_assert!(wider.high - wider.low <= interval.high - interval.low + 1e-12);
    }

    #[test]
    fn tests_are_fair(a in 0_u64..30, b in 0_u64..30, n in 0_u64..30, m in 0_u64..30) {
        let (one, other) = ((a, a + n), (b, b + m));
        let p = stats::fisher_exact(one, other);
        prop_assert_eq!(p.is_none(), one.1 == 0 || other.1 == 0);
        if let Some(p) = p {
            prop_assert!(p > 0.0 && p <= 1.0, "{}", p);
            let swapped = stats::fisher_exact(other, one).unwrap();
            prop_assert!((p - swapped).abs() < 1e-9, "whichever comes first: {} {}", p, swapped);
            if one == other {
                prop_assert!((p - 1.0).abs() < 1e-9, "no difference at all");
            }
        }
    }

    #[test]
    fn corrected_is_never_smaller_and_keeps_the_order(p in prop::collection::vec(0.0_f64..=1.0, 1..40)) {
        let q = stats::benjamini_hochberg(&p);
        for (at, (one, corrected)) in p.iter().zip(&q).enumerate() {
            prop_assert!(corrected >= one && *corrected <= 1.0);
            for (other, theirs) in p.iter().zip(&q).skip(at) {
                prop_assert!((one <= other) <= (corrected <= theirs) || one.total_cmp(other).is_eq());
            }
        }
    }

    #[test]
    fn a_trend_turned_round_is_the_same_the_other_way(hits in prop::collection::vec(0_u64..10, 3..12)) {
        let points = |turned: bool| -> Vec<stats::Point> {
            hits.iter().enumerate().map(|(at, hits)| stats::Point {
                time: if turned { -(at as f64) } else { at as f64 }, hits: *hits, total: 10,
            }).collect()
        };
        match (stats::cochran_armitage(&points(false)), stats::cochran_armitage(&points(true))) {
            (Some(there), Some(back)) => {
                prop_assert!((there.statistic + back.statistic).abs() < 1e-9 && (there.p - back.p).abs() < 1e-9);
            }
            (None, None) => prop_assert!(hits.iter().all(|h| *h == 0) || hits.iter().all(|h| *h == 10)),
            other => prop_assert!(false, "{:?}", other),
        }
    }

    #[test]
    fn ranks_know_no_first(one in prop::collection::vec(-3.0_f64..3.0, 1..12), other in prop::collection::vec(-3.0_f64..3.0, 1..12)) {
        let p = stats::difference_of_ranks(&one, &other).unwrap();
        prop_assert!((0.0..=1.0).contains(&p));
        prop_assert!((p - stats::difference_of_ranks(&other, &one).unwrap()).abs() < 1e-9);
    }
}
