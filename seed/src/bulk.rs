//! Inserts many rows at once, with COPY on PostgreSQL and with multi-row statements on SQLite.
//!
//! Owns: the text format of COPY. Never does: know tables.

use std::fmt::Write as _;

use sea_orm::sqlx::postgres::PgPoolCopyExt as _;
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, DatabaseConnection, DbBackend, DbErr, EntityTrait, Iden as _,
    IntoActiveModel, Iterable as _, ModelTrait, RuntimeErr, TransactionTrait as _, Value,
};

/// The maximum number of values in a statement of SQLite.
const SQLITE_VALUES: usize = 32_766;

/// Inserts all rows, or none.
pub(super) async fn insert<E>(db: &DatabaseConnection, rows: &[E::Model]) -> Result<(), DbErr>
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel>,
    E::ActiveModel: ActiveModelBehavior + ActiveModelTrait<Entity = E> + Send,
{
    if rows.is_empty() {
        return Ok(());
    }
    if db.get_database_backend() == DbBackend::Postgres {
        return copy::<E>(db, rows).await;
    }
    let tx = db.begin().await?;
    let columns = E::Column::iter().count();
    for some in rows.chunks(SQLITE_VALUES / columns) {
        E::insert_many(some.iter().cloned().map(IntoActiveModel::into_active_model).map(ActiveModelTrait::reset_all))
            .exec_without_returning(&tx)
            .await?;
    }
    tx.commit().await
}

async fn copy<E: EntityTrait>(db: &DatabaseConnection, rows: &[E::Model]) -> Result<(), DbErr> {
    let columns: Vec<E::Column> = E::Column::iter().collect();
    let names: Vec<String> = columns.iter().map(|column| format!("\"{}\"", column.unquoted())).collect();
    let statement = format!("COPY {} ({}) FROM STDIN", E::default().table_name(), names.join(", "));
    let mut text = String::new();
    for row in rows {
        for (number, column) in columns.iter().enumerate() {
            if number > 0 {
                text.push('\t');
            }
            write_value(&mut text, &row.get(*column))?;
        }
        text.push('\n');
    }
    let failed = |error| DbErr::Exec(RuntimeErr::SqlxError(std::sync::Arc::new(error)));
    let pool = db.get_postgres_connection_pool();
    let mut copy = pool.copy_in_raw(&statement).await.map_err(failed)?;
    copy.send(text.into_bytes()).await.map_err(failed)?;
    copy.finish().await.map_err(failed)?;
    Ok(())
}

/// Appends a value in COPY's text format: `\N` for null, and backslashes before separators.
fn write_value(text: &mut String, value: &Value) -> Result<(), DbErr> {
    // Writing to a String cannot fail.
    let _ = match value {
        Value::Bool(Some(value)) => write!(text, "{value}"),
        Value::Int(Some(value)) => write!(text, "{value}"),
        Value::BigInt(Some(value)) => write!(text, "{value}"),
        Value::Double(Some(value)) => write!(text, "{value}"),
        Value::Uuid(Some(value)) => write!(text, "{value}"),
        Value::ChronoDateTimeUtc(Some(value)) => write!(text, "{}", value.to_rfc3339()),
        Value::String(Some(value)) => {
            escape(text, value);
            Ok(())
        }
        Value::Json(Some(value)) => {
            escape(text, &value.to_string());
            Ok(())
        }
        value if *value == value.as_null() => text.write_str("\\N"),
        other => return Err(DbErr::Type(format!("{other:?} has a type that COPY does not support here"))),
    };
    Ok(())
}

fn escape(text: &mut String, value: &str) {
    for character in value.chars() {
        match character {
            '\\' => text.push_str("\\\\"),
            '\t' => text.push_str("\\t"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            other => text.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_separates_is_escaped() {
        let mut text = String::new();
        write_value(&mut text, &Value::from("a\\b\tc\nd\re")).unwrap();
        write_value(&mut text, &Value::Double(None)).unwrap();
        assert_eq!(text, "a\\\\b\\tc\\nd\\re\\N");
    }
}
