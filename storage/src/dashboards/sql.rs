//! Where the two databases speak differently, and the conditions that all queries share.

use sea_orm::DbBackend;

/// Interviews (`i`) of the workspace that lie in the window. The expression is the index's, letter for letter.
pub(super) const INTERVIEWS: &str = "i.workspace_id = $1 \
     AND COALESCE(i.completed_at, i.started_at, i.created_at) >= $2 \
     AND COALESCE(i.completed_at, i.started_at, i.created_at) < $3";

/// Responses (`r`) of the workspace that lie in the window.
const RESPONSES: &str = "r.workspace_id = $1 AND r.answered_at >= $2 AND r.answered_at < $3";

/// The same, of one guide where there is one.
pub(super) fn responses(of_guide: bool) -> String {
    let guide = if of_guide {
        " AND r.interview_id IN (SELECT i.id FROM interviews i WHERE i.workspace_id = $1 AND i.call_guide_id = $4)"
    } else {
        ""
    };
    format!("{RESPONSES}{guide}")
}

/// A number in a JSON column; null where it is missing or null.
pub(super) fn number(backend: DbBackend, column: &str, key: &str) -> String {
    match backend {
        DbBackend::Postgres => format!("({column}->>'{key}')::float8"),
        _ => format!("CAST(json_extract({column}, '$.{key}') AS DOUBLE PRECISION)"),
    }
}

/// A text that names the hour (UTC) of a time: `2026-11-24T15`.
pub(super) fn hour(backend: DbBackend, column: &str) -> String {
    match backend {
        DbBackend::Postgres => {
            format!("date_bin('1 hour', {column}, TIMESTAMPTZ '2000-01-01 00:00:00+00')")
        }
        // That is how times are stored there.
        _ => format!("substr({column}, 1, 13)"),
    }
}

/// The hour as text, from what [`hour`] grouped by.
pub(super) fn hour_text(backend: DbBackend, column: &str) -> String {
    match backend {
        DbBackend::Postgres => format!("to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24')"),
        _ => column.to_owned(),
    }
}

/// What follows a table (`r`) in a FROM, so that each element of its list of texts is a row, and what such an element is.
pub(super) fn each_text(backend: DbBackend, column: &str) -> (String, &'static str) {
    match backend {
        DbBackend::Postgres => {
            (format!("CROSS JOIN LATERAL jsonb_array_elements_text({column}) AS t(theme)"), "t.theme")
        }
        _ => (format!("CROSS JOIN json_each({column}) AS t"), "t.value"),
    }
}

/// How texts are put in order: by their bytes, whatever the database's language is.
pub(super) fn in_order(backend: DbBackend, column: &str) -> String {
    match backend {
        DbBackend::Postgres => format!("{column} COLLATE \"C\""),
        _ => column.to_owned(),
    }
}
