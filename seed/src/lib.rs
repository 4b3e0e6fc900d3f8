//! Made-up interviews in any number, to show in dashboards and for measurements.
//!
//! Owns: the content (`content`), inserting it into the database fast (`bulk`), and marking it, so
//! that it is never mistaken for real data and can be removed. Never does: create event logs,
//! recordings or keys. Transcripts of seeded interviews have answers only, their reports have no
//! quotes, and their scores cannot be recomputed. Each says why.

mod alerts;
mod bulk;
mod content;

use chrono::{DateTime, Utc};
use entity::{call_guides, interview_responses, interviews};
use interview::Guide;
use sea_orm::sea_query::{Expr, Query, SelectStatement};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DbBackend, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
    QuerySelect as _, SelectExt as _,
};

use content::{Content, Source};
use storage::{Actor, Storage, StorageError};

/// The value of `call_guides.created_by`, and a tag of each interview.
const MARK: &str = interviews::SEEDED;
/// The number of interviews written at once.
const BATCH: usize = 500;
/// The guides that are used. They come with the engine.
const GUIDES: [&str; 3] = [
    include_str!("../../guides/short.yaml"),
    include_str!("../../guides/product-feedback.yaml"),
    include_str!("../../guides/customer-discovery.yaml"),
];

#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error("the database has {0} real interviews; --force adds made-up interviews to them")]
    Real(u64),
    #[error("the database has seeded interviews already; --remove removes them")]
    Seeded,
    #[error("a guide of the engine cannot be parsed: {0}")]
    Guide(String),
}

impl From<sea_orm::DbErr> for SeedError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Storage(error.into())
    }
}

/// What to make. The same plan makes the same interviews, except for the ids of the guides.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub interviews: usize,
    pub responses: usize,
    /// The interviews are distributed evenly over this many days before `until`.
    pub days: u32,
    pub until: DateTime<Utc>,
    pub seed: u64,
    /// True to add made-up interviews to real ones.
    pub force: bool,
}

/// The number of rows written or removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rows {
    pub interviews: u64,
    pub responses: u64,
}

/// Writes the plan's interviews. `progress` is called after each batch with the number of rows
/// written so far.
pub async fn fill(storage: &Storage, plan: &Plan, progress: impl Fn(Rows)) -> Result<Rows, SeedError> {
    let db = storage.connection();
    if interviews::Entity::find().filter(is_seeded(db.get_database_backend())).exists(db).await? {
        return Err(SeedError::Seeded);
    }
    let real = interviews::Entity::find().count(db).await?;
    if real > 0 && !plan.force {
        return Err(SeedError::Real(real));
    }
    let mut sources = Vec::new();
    for text in GUIDES {
        let guide: Guide =
            interview::guide::parse(text).map_err(|problems| SeedError::Guide(format!("{problems:?}")))?;
        let row = storage.guides().create(&guide, Some(MARK), Actor::ENGINE).await?;
        let (version, guide) = storage.guides().newest(row.id).await?;
        sources.push(Source { guide_id: row.id, version_id: version, workspace_id: row.workspace_id, guide });
    }
    let mut content = Content::new(plan, sources);
    let mut written = Rows::default();
    loop {
        let (interviews, responses) = content.next(BATCH);
        if interviews.is_empty() {
            break;
        }
        bulk::insert::<interviews::Entity>(db, &interviews).await?;
        bulk::insert::<interview_responses::Entity>(db, &responses).await?;
        let raised: Vec<entity::alerts::Model> = interviews.iter().flat_map(alerts::of).collect();
        bulk::insert::<entity::alerts::Entity>(db, &raised).await?;
        written.interviews += interviews.len() as u64;
        written.responses += responses.len() as u64;
        progress(written);
    }
    // PostgreSQL's planner needs statistics, and index-only scans need the visibility map.
    let settle = if db.get_database_backend() == DbBackend::Postgres { "VACUUM ANALYZE" } else { "ANALYZE" };
    db.execute_unprepared(settle).await?;
    Ok(written)
}

/// Removes everything that was seeded. A seeded guide stays if a real interview used it.
pub async fn remove(storage: &Storage) -> Result<Rows, SeedError> {
    let tx = storage.unhurried().await?;
    let backend = tx.get_database_backend();
    let seeded = |columns: [interviews::Column; 1]| -> SelectStatement {
        Query::select().columns(columns).from(interviews::Entity).and_where(is_seeded(backend)).to_owned()
    };
    let responses = interview_responses::Entity::delete_many()
        .filter(interview_responses::Column::InterviewId.in_subquery(seeded([interviews::Column::Id])))
        .exec(&tx)
        .await?;
    entity::alerts::Entity::delete_many()
        .filter(entity::alerts::Column::InterviewId.in_subquery(seeded([interviews::Column::Id])))
        .exec(&tx)
        .await?;
    let interviews = interviews::Entity::delete_many().filter(is_seeded(backend)).exec(&tx).await?;
    let guides = call_guides::Entity::find()
        .select_only()
        .column(call_guides::Column::Id)
        .filter(call_guides::Column::CreatedBy.eq(MARK))
        .into_tuple::<uuid::Uuid>()
        .all(&tx)
        .await?;
    for id in guides {
        if interviews::Entity::find().filter(interviews::Column::CallGuideId.eq(id)).exists(&tx).await? {
            continue;
        }
        entity::call_guide_versions::Entity::delete_many()
            .filter(entity::call_guide_versions::Column::CallGuideId.eq(id))
            .exec(&tx)
            .await?;
        call_guides::Entity::delete_by_id(id).exec(&tx).await?;
    }
    tx.commit().await.map_err(StorageError::from)?;
    Ok(Rows { interviews: interviews.rows_affected, responses: responses.rows_affected })
}

fn is_seeded(backend: DbBackend) -> Expr {
    Expr::cust(match backend {
        DbBackend::Postgres => "(interviews.respondent_metadata->>'seed') = 'true'",
        _ => "json_extract(interviews.respondent_metadata, '$.seed') = 1",
    })
}
