//! Queries, and the pages of lists.

use std::collections::{BTreeMap, HashSet};

use actix_web::HttpRequest;
use actix_web::web::Query;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{Fault, Kind, Problem, described};
use storage::{Position, Sort};

const DEFAULT_LIMIT: u64 = 50;

/// The query of a request. Faults are collected.
pub(super) struct Parameters {
    values: BTreeMap<String, String>,
    /// The names of the parameters that the route knows. Any other name is a fault.
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
                        parameters.fault(&name, "This parameter may appear only once.");
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

    /// Returns the parameters that `T` describes. If one of them has a fault, the returned value
    /// must not be used, and `finish` returns the error.
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
                // For a parameter that accepts any text, an empty text means that it is missing.
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

    /// Returns the parameter as `parse` reads it. If it cannot be parsed, the fault is `wanted`.
    pub(super) fn parse<T>(&mut self, name: &str, wanted: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let parsed = parse(self.get(name)?);
        if parsed.is_none() {
            self.fault(name, wanted);
        }
        parsed
    }

    pub(super) fn flag(&mut self, name: &str) -> bool {
        self.parse(name, "This must be true or false.", |value| value.parse().ok()).unwrap_or(false)
    }

    /// Reads `sort`, `limit` and `cursor` of a list that can be sorted by these keys. The default
    /// is the first key, descending.
    pub(super) fn listing<K: Copy>(&mut self, keys: &[(&'static str, K)]) -> Listing<K> {
        let wanted = keys.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        let wanted = format!("This must be one of {wanted}. A - before it sorts in descending order.");
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
        let after = self.parse("cursor", "This is not a next_cursor of this list in this order.", ended);
        let limit = self.read::<Paging>().limit.unwrap_or(DEFAULT_LIMIT);
        Listing { sort, after, limit, order }
    }

    /// Returns the number of rows on a page and the id that the previous page ended with, for lists
    /// in the order of ids.
    pub(super) fn paging(&mut self) -> (u64, Option<Uuid>) {
        let Paging { limit, cursor } = self.read();
        let after = cursor.and_then(|cursor| {
            let id = Uuid::parse_str(&cursor).ok();
            if id.is_none() {
                self.fault("cursor", "This is not a next_cursor of this list.");
            }
            id
        });
        (limit.unwrap_or(DEFAULT_LIMIT), after)
    }

    /// Ends the reading of the query. A parameter that was not read is a fault, because it is most
    /// often a misspelt name.
    pub(super) fn finish(mut self) -> Result<(), Problem> {
        let unknown: Vec<String> = self.values.keys().filter(|name| !self.known.contains(*name)).cloned().collect();
        for name in unknown {
            self.fault(&name, "There is no parameter with this name.");
        }
        if self.faults.is_empty() {
            Ok(())
        } else {
            Err(Problem::new(Kind::InvalidQuery, "The query has faults.").with_errors(self.faults))
        }
    }
}

/// The requested order and page of a list.
pub(super) struct Listing<K> {
    pub sort: Sort<K>,
    pub after: Option<Position>,
    /// The number of rows on a page. One more row is to be read, to find out whether there is a
    /// next page.
    pub limit: u64,
    order: String,
}

/// A cursor is valid only for the order that it was made in.
#[derive(Serialize, Deserialize)]
struct Cursor {
    #[serde(rename = "o")]
    order: String,
    #[serde(flatten)]
    place: Position,
}

/// The parameters that every list accepts.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Paging {
    /// The number of rows on a page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u64>,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Page<T> {
    items: Vec<T>,
    /// The value of `?cursor=` for the next page. Null on the last page.
    #[schema(required)]
    next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Builds a page in the order of ids. `rows` has one row more than `limit` if there is a next
    /// page.
    pub(super) fn of(rows: Vec<T>, limit: u64, id: impl Fn(&T) -> Uuid) -> Self {
        Self::cut(rows, limit, |row| id(row).to_string())
    }

    /// Builds a page of a list that can be sorted. `place` returns the position of a row in that
    /// order.
    pub(super) fn listed<K>(rows: Vec<T>, listing: &Listing<K>, place: impl Fn(&T) -> Position) -> Self {
        Self::cut(rows, listing.limit, |row| {
            let cursor = Cursor { order: listing.order.clone(), place: place(row) };
            // These fields always serialize.
            URL_SAFE_NO_PAD.encode(serde_json::to_vec(&cursor).unwrap_or_default())
        })
    }

    /// Returns the parts of the page, for an answer with further fields.
    pub(super) fn apart(self) -> (Vec<T>, Option<String>) {
        (self.items, self.next_cursor)
    }

    fn cut(mut rows: Vec<T>, limit: u64, cursor: impl Fn(&T) -> String) -> Self {
        let more = rows.len() as u64 > limit;
        rows.truncate(limit as usize);
        Self { next_cursor: rows.last().filter(|_| more).map(cursor), items: rows }
    }
}
