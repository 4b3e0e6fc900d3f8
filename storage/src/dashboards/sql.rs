//! The differences between the two databases, and the conditions that all queries share.

use sea_orm::DbBackend;

/// Selects interviews (`i`) of the workspace in the window. The expression must be identical to
/// that of the index.
pub(super) const INTERVIEWS: &str = "i.workspace_id = $1 \
     AND COALESCE(i.completed_at, i.started_at, i.created_at) >= $2 \
     AND COALESCE(i.completed_at, i.started_at, i.created_at) < $3";

/// Selects responses (`r`) of the workspace in the window.
const RESPONSES: &str = "r.workspace_id = $1 AND r.answered_at >= $2 AND r.answered_at < $3";

/// Selects these responses, limited to a guide if there is one.
pub(super) fn responses(of_guide: bool) -> String {
    let guide = if of_guide {
        " AND r.interview_id IN (SELECT i.id FROM interviews i WHERE i.workspace_id = $1 AND i.call_guide_id = $4)"
    } else {
        ""
    };
    format!("{RESPONSES}{guide}")
}

/// Returns a number in a JSON column, or null if it is missing or null.
pub(super) fn number(backend: DbBackend, column: &str, key: &str) -> String {
    match backend {
        DbBackend::Postgres => format!("({column}->>'{key}')::float8"),
        _ => format!("CAST(json_extract({column}, '$.{key}') AS DOUBLE PRECISION)"),
    }
}

/// Returns a text that names the hour (UTC) of a time, such as `2026-11-24T15`.
pub(super) fn hour(backend: DbBackend, column: &str) -> String {
    match backend {
        DbBackend::Postgres => {
            format!("date_bin('1 hour', {column}, TIMESTAMPTZ '2000-01-01 00:00:00+00')")
        }
        // SQLite stores times in this form.
        _ => format!("substr({column}, 1, 13)"),
    }
}

/// Converts the value of [`hour`] to text after grouping.
pub(super) fn hour_text(backend: DbBackend, column: &str) -> String {
    match backend {
        DbBackend::Postgres => format!("to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24')"),
        _ => column.to_owned(),
    }
}

/// Returns a join that makes a row of each element of the list of texts in a column of `r`, and the
/// name of the element.
pub(super) fn each_text(backend: DbBackend, column: &str) -> (String, &'static str) {
    match backend {
        DbBackend::Postgres => {
            (format!("CROSS JOIN LATERAL jsonb_array_elements_text({column}) AS t(theme)"), "t.theme")
        }
        _ => (format!("CROSS JOIN json_each({column}) AS t"), "t.value"),
    }
}

/// Orders texts by their bytes, regardless of the database's locale.
pub(super) fn in_order(backend: DbBackend, column: &str) -> String {
    match backend {
        DbBackend::Postgres => format!("{column} COLLATE \"C\""),
        _ => column.to_owned(),
    }
}
