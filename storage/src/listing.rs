//! Pages of lists that are correct in any order. The end of the previous page is a position (the
//! value sorted by, and the row's id) instead of a number of rows, so that rows that are added or
//! deleted in the meantime neither repeat nor hide others.
//!
//! Owns: orders, positions, and the filters that differ between databases. Never does: know a
//! table.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Condition, Expr, ExprTrait as _, Func, LikeExpr, Order};
use sea_orm::{ColumnTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, Select, Value};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The order of a list. Rows with equal values are ordered by id, which is unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort<K> {
    pub key: K,
    pub descending: bool,
}

/// The end of a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Position {
    #[serde(rename = "v")]
    pub value: SortValue,
    #[serde(rename = "i")]
    pub id: Uuid,
}

/// A value that rows are sorted by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SortValue {
    Time(DateTime<Utc>),
    Text(String),
}

impl From<SortValue> for Value {
    fn from(value: SortValue) -> Self {
        match value {
            SortValue::Time(time) => time.into(),
            SortValue::Text(text) => text.into(),
        }
    }
}

/// Selects the rows after `after` in the order of `expression`.
pub(super) fn ordered<E: EntityTrait>(
    query: Select<E>,
    expression: &Expr,
    id: E::Column,
    descending: bool,
    after: Option<Position>,
) -> Select<E> {
    let order = if descending { Order::Desc } else { Order::Asc };
    let query = query.order_by(expression.clone(), order.clone()).order_by(id, order);
    let Some(after) = after else { return query };
    let value = Expr::value(after.value);
    let beyond = |left: Expr, right: Expr| if descending { left.lt(right) } else { left.gt(right) };
    let among_equals =
        expression.clone().eq(value.clone()).and(beyond(Expr::col((E::default(), id)), Expr::value(after.id)));
    query.filter(Condition::any().add(beyond(expression.clone(), value)).add(among_equals))
}

/// Selects rows whose JSON list in `column` contains this text.
pub(super) fn holds<C: ColumnTrait>(backend: DbBackend, column: C, text: &str) -> Expr {
    let column = format!("\"{}\".\"{}\"", column.entity_name(), column.as_str());
    if backend == DbBackend::Postgres {
        let list = serde_json::Value::from(vec![text]);
        return Expr::cust_with_values(format!("{column} @> $1"), [Value::from(list)]);
    }
    Expr::cust_with_values(format!("EXISTS (SELECT 1 FROM json_each({column}) WHERE value = ?)"), [text])
}

/// Selects rows whose `column` contains this text, regardless of case.
pub(super) fn mentions<C: ColumnTrait>(column: C, text: &str) -> Expr {
    let mut pattern = String::from("%");
    for c in text.to_lowercase().chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    Expr::expr(Func::lower(Expr::col(column.as_column_ref()))).like(LikeExpr::new(pattern).escape('\\'))
}
