//! Call guides and their versions.

use chrono::Utc;
use entity::{call_guide_versions, call_guides, interviews};
use interview::Guide;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect, Select, SelectExt,
};
use serde_json::json;
use uuid::Uuid;

use super::audit::Change;
use super::edit::{Actor, Edit};
use super::error::StorageError;
use super::json::to_json;
use super::listing::{self, Position, Sort, SortValue};
use super::store::Storage;

/// The orders in which guides can be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GuideOrder {
    Created,
    Updated,
    Name,
}

impl GuideOrder {
    /// Returns the position of a guide in this order.
    pub fn place(self, guide: &call_guides::Model) -> Position {
        let value = match self {
            GuideOrder::Created => SortValue::Time(guide.created_at),
            GuideOrder::Updated => SortValue::Time(guide.updated_at),
            GuideOrder::Name => SortValue::Text(guide.name.clone()),
        };
        Position { value, id: guide.id }
    }
}

/// The filter on guides. By default, all of them are selected.
#[derive(Debug, Clone)]
pub struct GuideFilter {
    /// Part of the name, regardless of case.
    pub name: Option<String>,
    pub tag: Option<String>,
    pub sort: Sort<GuideOrder>,
    /// The end of the previous page.
    pub after: Option<Position>,
    pub limit: u64,
}

impl Default for GuideFilter {
    fn default() -> Self {
        let sort = Sort { key: GuideOrder::Created, descending: true };
        Self { name: None, tag: None, sort, after: None, limit: 50 }
    }
}

/// The repository of guides.
pub struct Guides<'a>(pub(super) &'a Storage);

impl Guides<'_> {
    pub async fn create(
        &self,
        guide: &Guide,
        created_by: Option<&str>,
        actor: &Actor,
    ) -> Result<call_guides::Model, StorageError> {
        let (id, now) = (Uuid::now_v7(), Utc::now());
        let mut row = columns(guide)?;
        row.id = Set(id);
        row.workspace_id = Set(self.0.workspace);
        row.version = Set(guide.version as i32);
        row.created_by = Set(created_by.map(str::to_owned));
        row.created_at = Set(now);
        row.updated_at = Set(now);
        let tx = self.0.write().await?;
        let row = row.insert(&tx).await?;
        self.insert_version(&tx, id, guide, row.version).await?;
        self.changed(&tx, "call_guide.created", &row, actor).await?;
        tx.commit().await?;
        Ok(row)
    }

    pub async fn get(&self, id: Uuid) -> Result<call_guides::Model, StorageError> {
        self.find(&self.0.db, id).await
    }

    /// Lists guides in the order of the filter. By default, the newest comes first.
    pub async fn list(&self, filter: GuideFilter) -> Result<Vec<call_guides::Model>, StorageError> {
        let mut query = call_guides::Entity::find().filter(call_guides::Column::WorkspaceId.eq(self.0.workspace));
        if let Some(name) = &filter.name {
            query = query.filter(listing::mentions(call_guides::Column::Name, name));
        }
        if let Some(tag) = &filter.tag {
            query = query.filter(listing::holds(self.0.db.get_database_backend(), call_guides::Column::Tags, tag));
        }
        let column = match filter.sort.key {
            GuideOrder::Created => call_guides::Column::CreatedAt,
            GuideOrder::Updated => call_guides::Column::UpdatedAt,
            GuideOrder::Name => call_guides::Column::Name,
        };
        let by = Expr::col(column.as_column_ref());
        let query = listing::ordered(query, &by, call_guides::Column::Id, filter.sort.descending, filter.after);
        Ok(query.limit(filter.limit).all(&self.0.db).await?)
    }

    /// Returns the id of the newest version, and its content.
    pub async fn newest(&self, id: Uuid) -> Result<(Uuid, Guide), StorageError> {
        let version = self.newest_version(&self.0.db, id).await?;
        Ok((version.id, document(version)?))
    }

    /// Returns the content of a version, which is what an interview with it runs.
    pub async fn version(&self, version_id: Uuid) -> Result<Guide, StorageError> {
        let found = call_guide_versions::Entity::find_by_id(version_id)
            .filter(call_guide_versions::Column::WorkspaceId.eq(self.0.workspace))
            .one(&self.0.db)
            .await?
            .ok_or(StorageError::NotFound("call guide version"))?;
        document(found)
    }

    /// Changes the content. A version that an interview uses is not changed, and a new one is
    /// created instead.
    pub async fn update(&self, id: Uuid, guide: &Guide, edit: &Edit) -> Result<call_guides::Model, StorageError> {
        let tx = self.0.write().await?;
        let old = self.find_for_edit(&tx, id, edit).await?;
        let newest = self.newest_version(&tx, id).await?;
        let used =
            interviews::Entity::find().filter(interviews::Column::CallGuideVersionId.eq(newest.id)).exists(&tx).await?;
        let version = if used {
            self.insert_version(&tx, id, guide, newest.version + 1).await?;
            newest.version + 1
        } else {
            let mut row: call_guide_versions::ActiveModel = newest.clone().into();
            row.document = Set(numbered(guide, newest.version)?);
            row.update(&tx).await?;
            newest.version
        };
        let mut row = columns(guide)?;
        row.id = Set(old.id);
        row.version = Set(version);
        row.updated_at = Set(Utc::now());
        let row = row.update(&tx).await?;
        self.changed(&tx, "call_guide.updated", &row, &edit.actor).await?;
        tx.commit().await?;
        Ok(row)
    }

    /// Deletes a guide without interviews. If it has interviews, this is a
    /// [`StorageError::Conflict`].
    pub async fn delete(&self, id: Uuid, edit: &Edit) -> Result<(), StorageError> {
        let tx = self.0.write().await?;
        let row = self.find_for_edit(&tx, id, edit).await?;
        if interviews::Entity::find().filter(interviews::Column::CallGuideId.eq(id)).exists(&tx).await? {
            return Err(StorageError::Conflict("interviews were held or scheduled with this guide".to_owned()));
        }
        call_guide_versions::Entity::delete_many()
            .filter(call_guide_versions::Column::CallGuideId.eq(id))
            .exec(&tx)
            .await?;
        call_guides::Entity::delete_by_id(id).exec(&tx).await?;
        self.changed(&tx, "call_guide.deleted", &row, &edit.actor).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Records the change. The content is in the versions, and the audit trail names the version.
    async fn changed(
        &self,
        tx: &DatabaseTransaction,
        what: &'static str,
        row: &call_guides::Model,
        actor: &Actor,
    ) -> Result<(), StorageError> {
        let payload = json!({ "name": row.name, "version": row.version });
        self.0.audit().record(tx, actor, Change::new("call_guide", row.id, what).with(payload)).await
    }

    async fn find(&self, db: &impl ConnectionTrait, id: Uuid) -> Result<call_guides::Model, StorageError> {
        self.row(id).one(db).await?.ok_or(StorageError::NotFound("call guide"))
    }

    /// Prevents edits of the guide until the end of the transaction.
    pub(super) async fn hold(&self, tx: &impl ConnectionTrait, id: Uuid) -> Result<(), StorageError> {
        self.row(id).lock_shared().one(tx).await?.map(|_| ()).ok_or(StorageError::NotFound("call guide"))
    }

    fn row(&self, id: Uuid) -> Select<call_guides::Entity> {
        call_guides::Entity::find_by_id(id).filter(call_guides::Column::WorkspaceId.eq(self.0.workspace))
    }

    /// Returns the row in the state that the edit expects. Other edits of the guide, and interviews
    /// being scheduled with it, wait for the end of the transaction.
    async fn find_for_edit(
        &self,
        tx: &DatabaseTransaction,
        id: Uuid,
        edit: &Edit,
    ) -> Result<call_guides::Model, StorageError> {
        let row = self.row(id).lock_exclusive().one(tx).await?.ok_or(StorageError::NotFound("call guide"))?;
        edit.check(&row)?;
        Ok(row)
    }

    pub(super) async fn newest_version(
        &self,
        db: &impl ConnectionTrait,
        guide_id: Uuid,
    ) -> Result<call_guide_versions::Model, StorageError> {
        call_guide_versions::Entity::find()
            .filter(call_guide_versions::Column::WorkspaceId.eq(self.0.workspace))
            .filter(call_guide_versions::Column::CallGuideId.eq(guide_id))
            .order_by_desc(call_guide_versions::Column::Version)
            .one(db)
            .await?
            .ok_or(StorageError::NotFound("call guide"))
    }

    async fn insert_version(
        &self,
        db: &impl ConnectionTrait,
        guide_id: Uuid,
        guide: &Guide,
        version: i32,
    ) -> Result<(), StorageError> {
        let row = call_guide_versions::ActiveModel {
            id: Set(Uuid::now_v7()),
            workspace_id: Set(self.0.workspace),
            call_guide_id: Set(guide_id),
            version: Set(version),
            document: Set(numbered(guide, version)?),
            created_at: Set(Utc::now()),
        };
        row.insert(db).await?;
        Ok(())
    }
}

/// Returns the content of a version.
pub(super) async fn version(db: &impl ConnectionTrait, version_id: Uuid) -> Result<Guide, StorageError> {
    let version = call_guide_versions::Entity::find_by_id(version_id)
        .one(db)
        .await?
        .ok_or(StorageError::NotFound("call guide version"))?;
    document(version)
}

/// Returns the document as it is stored, with the number of its version.
fn numbered(guide: &Guide, version: i32) -> Result<serde_json::Value, StorageError> {
    let mut guide = guide.clone();
    guide.version = version as u32;
    to_json("call guide", guide)
}

pub(super) fn document(version: call_guide_versions::Model) -> Result<Guide, StorageError> {
    serde_json::from_value(version.document)
        .map_err(|error| StorageError::Corrupt { what: "call guide version", reason: error.to_string() })
}

/// Returns the columns that repeat parts of the document.
fn columns(guide: &Guide) -> Result<call_guides::ActiveModel, StorageError> {
    Ok(call_guides::ActiveModel {
        name: Set(guide.name.clone()),
        language: Set(guide.language.clone()),
        research_objective: Set(guide.research_objective.clone()),
        target_respondent_profile: Set(to_json("profile", &guide.target_respondent_profile)?),
        sections: Set(to_json("sections", &guide.sections)?),
        adaptive_rules: Set(to_json("adaptive rules", &guide.adaptive_rules)?),
        voice_profile: Set(to_json("voice profile", &guide.voice_profile)?),
        tags: Set(to_json("tags", &guide.tags)?),
        estimated_duration_minutes: Set(guide.estimated_duration_minutes as i32),
        max_duration_minutes: Set(guide.max_duration_minutes as i32),
        // The number is converted through its shortest decimal, so that 0.7 remains 0.7 as a
        // double.
        min_completion_percentage: Set(interview::score::widen(guide.min_completion_percentage)),
        ..Default::default()
    })
}
