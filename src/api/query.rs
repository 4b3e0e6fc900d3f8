//! Reading queries, and pages of lists.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use actix_web::HttpRequest;
use actix_web::web::Query;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{Fault, Problem};

const DEFAULT_LIMIT: u64 = 50;
const MAX_LIMIT: u64 = 200;

/// A request's query; faults are collected.
pub(super) struct Parameters {
    values: HashMap<String, String>,
    faults: Vec<Fault>,
}

impl Parameters {
    pub(super) fn of(request: &HttpRequest) -> Self {
        match Query::<HashMap<String, String>>::from_query(request.query_string()) {
            Ok(values) => Self { values: values.into_inner(), faults: Vec::new() },
            Err(error) => Self { values: HashMap::new(), faults: vec![Fault::new("", error.to_string())] },
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The parameter, read by `parse`; what it can't read is a fault with `wanted`.
    pub(super) fn parse<T>(&mut self, name: &str, wanted: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let value = self.get(name)?;
        let parsed = parse(value);
        if parsed.is_none() {
            self.faults.push(Fault::new(format!("/{name}"), wanted));
        }
        parsed
    }

    pub(super) fn id(&mut self, name: &str) -> Option<Uuid> {
        self.parse(name, "a UUID is wanted here", |value| Uuid::parse_str(value).ok())
    }

    pub(super) fn flag(&mut self, name: &str) -> bool {
        self.parse(name, "true or false is wanted here", |value| value.parse().ok()).unwrap_or(false)
    }

    pub(super) fn limit(&mut self) -> u64 {
        let within = |value: &str| value.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
        self.parse("limit", &format!("a number from 1 to {MAX_LIMIT} is wanted here"), within).unwrap_or(DEFAULT_LIMIT)
    }

    /// A whole number within a range; `default` when it isn't given.
    pub(super) fn number(&mut self, name: &str, within: RangeInclusive<u32>, default: u32) -> u32 {
        let wanted = format!("a number from {} to {} is wanted here", within.start(), within.end());
        self.parse(name, &wanted, |value| value.parse().ok().filter(|number| within.contains(number)))
            .unwrap_or(default)
    }

    /// Where the page before ended.
    pub(super) fn cursor(&mut self) -> Option<Uuid> {
        self.parse("cursor", "this is not a next_cursor of ours", |value| Uuid::parse_str(value).ok())
    }

    pub(super) fn finish(self) -> Result<(), Problem> {
        if self.faults.is_empty() {
            Ok(())
        } else {
            Err(Problem::bad_request("the query has faults").with_errors(self.faults))
        }
    }
}

/// What [`Parameters::limit`] and [`Parameters::cursor`] read, for the description of a list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
pub(super) struct Paging {
    /// Rows a page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    cursor: Option<Uuid>,
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Page<T> {
    items: Vec<T>,
    /// `?cursor=` of the next page; null on the last one.
    #[schema(required)]
    next_cursor: Option<Uuid>,
}

impl<T> Page<T> {
    /// From one row more than `limit`, which only tells that there is a next page.
    pub(super) fn of(mut rows: Vec<T>, limit: u64, id: impl Fn(&T) -> Uuid) -> Self {
        let more = rows.len() as u64 > limit;
        rows.truncate(limit as usize);
        Self { next_cursor: rows.last().filter(|_| more).map(id), items: rows }
    }
}
