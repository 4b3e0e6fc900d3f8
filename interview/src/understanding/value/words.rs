//! The words that name values, as `languages/<code>/values.toml` lists them.
//!
//! Owns: the shape of that file. Never does: read a text by it.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A part of a language: the words for values.
#[derive(Debug, Deserialize)]
pub struct Words {
    pub(super) fillers: Vec<String>,
    pub(super) corrections: Vec<String>,
    pub(super) aside: Vec<String>,
    pub(super) seldom: Vec<String>,
    pub(super) emphasis: Vec<String>,
    pub(super) conclusions: Vec<String>,
    pub(super) negators: Vec<String>,
    pub(super) not_negations: Vec<String>,
    pub(super) stop: Vec<String>,
    pub(super) articles: Vec<String>,
    pub(super) and: Vec<String>,
    pub(super) also: Vec<String>,
    pub(super) synonyms: Vec<Vec<String>>,
    pub(super) kinds: Vec<Vec<String>>,
    pub(super) people: Vec<Vec<String>>,
    pub(super) numbers: Numbers,
    pub(super) scale: Scale,
    pub(super) options: Options,
    pub(super) frequency: Frequency,
    pub(super) closed: Closed,
    pub(super) dictated: Dictated,
    pub(super) dates: Dates,
    pub(super) back: Back,
}

#[derive(Debug, Deserialize)]
pub(super) struct Numbers {
    pub minus: Vec<String>,
    pub point: Vec<String>,
    pub and: String,
    pub article: Vec<String>,
    pub one: String,
    pub half: Vec<String>,
    pub quarters: BTreeMap<String, f64>,
    pub thousands: Vec<String>,
    pub amounts: BTreeMap<String, f64>,
    pub none: Vec<String>,
    pub heard: BTreeMap<String, f64>,
    pub nothing: Vec<String>,
    pub bounds: Vec<String>,
    pub light: Vec<String>,
    pub after_one: Vec<String>,
    pub before_one: Vec<String>,
    pub alone_one: Vec<String>,
    pub spans: BTreeMap<String, f64>,
    pub parts: BTreeMap<String, [f64; 2]>,
    pub around: Vec<String>,
    pub less: Vec<String>,
    pub notches: Vec<String>,
    pub down: Vec<String>,
    pub up: Vec<String>,
    pub units: Vec<String>,
    pub not_units: Vec<String>,
    pub losing: Vec<String>,
    pub points: Vec<String>,
    pub ranges: Vec<String>,
    pub between: Vec<String>,
    pub perhaps: Vec<String>,
    #[serde(rename = "for")]
    pub each: Vec<String>,
    pub units_of: BTreeMap<String, u32>,
    pub tens: BTreeMap<String, u32>,
    pub multipliers: BTreeMap<String, u32>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Scale {
    pub named: Vec<String>,
    pub out_of: Vec<String>,
    pub of: String,
    pub point: String,
    #[serde(rename = "scale")]
    pub itself: String,
    pub being: Vec<String>,
    #[serde(rename = "where")]
    pub given: Vec<String>,
    pub is: Vec<String>,
    #[serde(rename = "as")]
    pub like: String,
    pub percent: Vec<String>,
    pub shares: BTreeMap<String, f64>,
    pub low: Vec<String>,
    pub high: Vec<String>,
    pub ill: Vec<String>,
    pub good: Vec<String>,
    pub ills: Vec<String>,
    pub weaker: Vec<String>,
    pub utmost: Vec<String>,
    pub asking: Vec<String>,
    pub best: Vec<String>,
    pub worst: Vec<String>,
    pub highest: Vec<String>,
    pub lowest: Vec<String>,
    pub middle: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Options {
    pub rest: Vec<String>,
    pub lead: Vec<String>,
    pub ordinals: Vec<Vec<String>>,
    pub from_the_end: Vec<Vec<String>>,
    pub from_the_start: Vec<String>,
    pub middle: Vec<String>,
    pub ones: Vec<String>,
    pub both: Vec<String>,
    pub all: Vec<String>,
    pub anything: Vec<String>,
    pub except: Vec<String>,
    pub none: Vec<String>,
    pub below: Vec<String>,
    pub above: Vec<String>,
    pub inclusive: Vec<String>,
    pub lifelong: Vec<String>,
    pub old: Vec<String>,
    pub aged: Vec<String>,
    pub or_more: Vec<String>,
    pub or_less: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Frequency {
    pub per: Vec<String>,
    pub other: Vec<String>,
    pub less: Vec<String>,
    pub more: Vec<String>,
    pub below: Vec<String>,
    pub above: Vec<String>,
    pub periods: BTreeMap<String, f64>,
    pub counts: BTreeMap<String, f64>,
    pub rates: BTreeMap<String, f64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Closed {
    pub irregular: BTreeMap<String, String>,
    pub could_not: Vec<String>,
    pub be: String,
    pub comparative: String,
    pub happier: Vec<String>,
    pub unhappier: Vec<String>,
    pub quantities: Vec<String>,
    pub more: Vec<String>,
    pub having: Vec<String>,
    pub opposites: Vec<[Vec<String>; 2]>,
    pub without: Vec<String>,
    pub others: Vec<String>,
    pub finish: Vec<String>,
    pub unfinished: Vec<String>,
    pub done: Vec<String>,
    pub anyone: Vec<String>,
    pub alone: Vec<String>,
    pub with_me: Vec<String>,
    pub would: Vec<String>,
    pub any: Vec<String>,
    pub yes_alone: Vec<String>,
    pub no_alone: Vec<String>,
    pub not: Vec<String>,
    pub yes: Vec<String>,
    pub no: Vec<String>,
    pub neither: Vec<String>,
    pub before: Vec<String>,
    pub pronouns: Vec<String>,
    pub auxiliaries: Vec<String>,
    pub contracted: Vec<String>,
    pub after: Vec<String>,
    pub stopped: Vec<String>,
    pub it: Vec<String>,
    pub negators: Vec<String>,
    pub corrections: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Dictated {
    pub at: Vec<String>,
    pub dot: Vec<String>,
    pub symbols: BTreeMap<String, String>,
    pub ignored: Vec<String>,
    pub double: BTreeMap<String, usize>,
    pub zero: Vec<String>,
    pub plus: Vec<String>,
    pub as_in: Vec<String>,
    pub name_leads: Vec<String>,
    pub name_tails: Vec<String>,
    pub spelling: Vec<String>,
    pub no_name: Vec<String>,
    pub particles: Vec<String>,
    pub email_leads: Vec<String>,
    pub refusals: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Dates {
    pub months: Vec<Vec<String>>,
    pub ordinals: Vec<String>,
    pub tens: BTreeMap<String, u32>,
    pub thirtieth: String,
    pub endings: Vec<String>,
    pub of: Vec<String>,
    pub oh: Vec<String>,
    pub days: BTreeMap<String, String>,
    pub hanging: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Back {
    pub confirm: String,
    pub spelled: String,
    pub at: String,
    pub dot: String,
    pub digits: Vec<String>,
    pub symbols: BTreeMap<String, String>,
    pub plus: String,
    pub minus: String,
    pub to: String,
    pub day_first: String,
    pub month_first: String,
    pub the_day: String,
    pub with_year: String,
    pub month_and_year: String,
}
