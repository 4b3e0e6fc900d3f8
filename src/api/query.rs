//! Reading queries, and pages of lists.

use std::collections::{BTreeMap, HashSet};

use actix_web::HttpRequest;
use actix_web::web::Query;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{Fault, Kind, Problem, described};
use storage::{Place, Sort};

const DEFAULT_LIMIT: u64 = 50;
pub(super) const FLAG_WANTED: &str = "true or false is wanted here";

/// A request's query; faults are collected.
pub(super) struct Parameters {
    values: BTreeMap<String, String>,
    /// Names that were asked for: the others are nobody's.
    known: HashSet<String>,
    faults: Vec<Fault>,
}

impl Parameters {
    pub(super) fn of(request: &HttpRequest) -> Self {
        let mut parameters = Self { values: BTreeMap::new(), known: HashSet::new(), faults: Vec::new() };
        match Query::<Vec<(String, String)>>::from_query(request.query_string()) {
            Ok(pairs) => {
                for (name, value) in pairs.into_inner() {
                    if parameters.values.insert(name.clone(), value).is_some() {
                        parameters.fault(&name, "once is enough");
                    }
                }
            }
            Err(error) => parameters.faults.push(Fault::new("", error.to_string())),
        }
        parameters
    }

    pub(super) fn fault(&mut self, name: &str, detail: &str) {
        Fault::add(&mut self.faults, Fault::new(format!("/{}", described::escaped(name)), detail));
    }

    /// The parameters that `T` describes. Where one of them is faulty, what comes back is not to be used: `finish` says so.
    pub(super) fn read<T: IntoParams + DeserializeOwned + Default + 'static>(&mut self) -> T {
        let described = match described::parameters::<T>() {
            Ok(described) => described,
            Err(reason) => {
                self.faults.push(Fault::new("", reason));
                return T::default();
            }
        };
        let mut object = Map::new();
        for parameter in described.iter() {
            let Some(text) = self.get(&parameter.name) else { continue };
            match parameter.read(text) {
                // Where any text is taken, an empty one is none.
                Ok(Value::String(empty)) if empty.is_empty() => {}
                Ok(value) => drop(object.insert(parameter.name.clone(), value)),
                Err(wanted) => self.fault(&parameter.name, &wanted),
            }
        }
        serde_json::from_value(Value::Object(object)).unwrap_or_default()
    }

    pub(super) fn get(&mut self, name: &str) -> Option<&str> {
        self.known.insert(name.to_owned());
        self.values.get(name).map(String::as_str)
    }

    /// An empty text is none.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        self.get(name).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// The parameter, read by `parse`; what it can't read is a fault with `wanted`.
    pub(super) fn parse<T>(&mut self, name: &str, wanted: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let parsed = parse(self.get(name)?);
        if parsed.is_none() {
            self.fault(name, wanted);
        }
        parsed
    }

    pub(super) fn id(&mut self, name: &str) -> Option<Uuid> {
        self.parse(name, "a UUID is wanted here", |value| Uuid::parse_str(value).ok())
    }

    pub(super) fn flag(&mut self, name: &str) -> bool {
        self.parse(name, FLAG_WANTED, |value| value.parse().ok()).unwrap_or(false)
    }

    /// Rows a page.
    pub(super) fn limit(&mut self) -> u64 {
        self.read::<Paging>().limit.unwrap_or(DEFAULT_LIMIT)
    }

    pub(super) fn time(&mut self, name: &str) -> Option<DateTime<Utc>> {
        let parse = |value: &str| DateTime::parse_from_rfc3339(value).ok().map(|time| time.to_utc());
        self.parse(name, "a time as in RFC 3339 is wanted here, such as 2030-01-31T09:00:00Z", parse)
    }

    /// `sort`, `limit` and `cursor` of a list that can be sorted by these keys, by the first of them descending when
    /// nothing is said.
    pub(super) fn listing<K: Copy>(&mut self, keys: &[(&'static str, K)]) -> Listing<K> {
        let wanted = keys.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        let wanted = format!("one of {wanted} is wanted here, with - before it for the other way round");
        let named = |value: &str| {
            let (name, descending) = value.strip_prefix('-').map_or((value, false), |name| (name, true));
            keys.iter().find(|(known, _)| *known == name).map(|(name, key)| (*name, Sort { key: *key, descending }))
        };
        let usual = (keys[0].0, Sort { key: keys[0].1, descending: true });
        let (name, sort) = self.parse("sort", &wanted, named).unwrap_or(usual);
        let order = format!("{}{name}", if sort.descending { "-" } else { "" });
        let ended = |value: &str| {
            let cursor: Cursor = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(value).ok()?).ok()?;
            (cursor.order == order).then_some(cursor.place)
        };
        let after = self.parse("cursor", "this is not a next_cursor of this list in this order", ended);
        Listing { sort, after, limit: self.limit(), order }
    }

    /// Where the page before ended, in lists by id.
    pub(super) fn cursor(&mut self) -> Option<Uuid> {
        let cursor = self.read::<Paging>().cursor?;
        let id = Uuid::parse_str(&cursor).ok();
        if id.is_none() {
            self.fault("cursor", "this is not a next_cursor of ours");
        }
        id
    }

    /// What is left over is a fault, too: most often a name spelt wrong.
    pub(super) fn finish(mut self) -> Result<(), Problem> {
        let unknown: Vec<String> = self.values.keys().filter(|name| !self.known.contains(*name)).cloned().collect();
        for name in unknown {
            self.fault(&name, "there is no parameter of this name");
        }
        if self.faults.is_empty() {
            Ok(())
        } else {
            Err(Problem::new(Kind::InvalidQuery, "the query has faults").with_errors(self.faults))
        }
    }
}

/// How a list is asked for.
pub(super) struct Listing<K> {
    pub sort: Sort<K>,
    pub after: Option<Place>,
    /// Rows a page; one more is to be read, which tells whether there is a next page.
    pub limit: u64,
    order: String,
}

/// A cursor is good for the order that it was made in.
#[derive(Serialize, Deserialize)]
struct Cursor {
    #[serde(rename = "o")]
    order: String,
    #[serde(flatten)]
    place: Place,
}

/// What every list takes.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Paging {
    /// Rows a page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Page<T> {
    items: Vec<T>,
    /// `?cursor=` of the next page; null on the last one.
    #[schema(required)]
    next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// By id, from one row more than `limit`, which only tells that there is a next page.
    pub(super) fn of(rows: Vec<T>, limit: u64, id: impl Fn(&T) -> Uuid) -> Self {
        Self::cut(rows, limit, |row| id(row).to_string())
    }

    /// The same for a list that can be sorted; `place` says where in its order a row stands.
    pub(super) fn listed<K>(rows: Vec<T>, listing: &Listing<K>, place: impl Fn(&T) -> Place) -> Self {
        Self::cut(rows, listing.limit, |row| {
            let cursor = Cursor { order: listing.order.clone(), place: place(row) };
            // Its fields always serialise.
            URL_SAFE_NO_PAD.encode(serde_json::to_vec(&cursor).unwrap_or_default())
        })
    }

    /// For an answer that has more to say than the page.
    pub(super) fn apart(self) -> (Vec<T>, Option<String>) {
        (self.items, self.next_cursor)
    }

    fn cut(mut rows: Vec<T>, limit: u64, cursor: impl Fn(&T) -> String) -> Self {
        let more = rows.len() as u64 > limit;
        rows.truncate(limit as usize);
        Self { next_cursor: rows.last().filter(|_| more).map(cursor), items: rows }
    }
}
