//! Reading the versions of a guide.
//!
//! Owns: finding them by number. Never does: create one (`guides` does when a guide in use is
//! changed).

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{call_guide_versions, call_guides, interviews};
use interview::Guide;
use sea_orm::{ColumnTrait, DerivePartialModel, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::error::StorageError;
use super::guides::{Guides, document};
use super::json::to_json;

/// A version in a list of versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = GuideVersion)]
pub struct VersionInfo {
    pub id: Uuid,
    pub call_guide_id: Uuid,
    pub version: i32,
    pub created_at: DateTime<Utc>,
    /// The number of interviews with this version. It is never changed after the first one.
    pub interviews: i64,
}

#[derive(DerivePartialModel)]
#[sea_orm(entity = "call_guide_versions::Entity")]
struct Head {
    id: Uuid,
    call_guide_id: Uuid,
    version: i32,
    created_at: DateTime<Utc>,
}

#[derive(FromQueryResult)]
struct Uses {
    version: Uuid,
    interviews: i64,
}

impl Guides<'_> {
    /// Lists versions. The newest comes first, and `after` is the last id of the previous page.
    pub async fn versions(&self, id: Uuid, after: Option<Uuid>, limit: u64) -> Result<Vec<VersionInfo>, StorageError> {
        self.get(id).await?;
        let mut query = call_guide_versions::Entity::find()
            .filter(call_guide_versions::Column::WorkspaceId.eq(self.0.workspace))
            .filter(call_guide_versions::Column::CallGuideId.eq(id));
        if let Some(after) = after {
            query = query.filter(call_guide_versions::Column::Id.lt(after));
        }
        let heads: Vec<Head> = query
            .order_by_desc(call_guide_versions::Column::Id)
            .limit(limit)
            .into_partial_model()
            .all(&self.0.db)
            .await?;
        let uses = self.uses(heads.iter().map(|head| head.id)).await?;
        Ok(heads.into_iter().map(|head| head.with(&uses)).collect())
    }

    /// Returns the version with this number, and its content.
    pub async fn numbered(&self, id: Uuid, version: i32) -> Result<(VersionInfo, Guide), StorageError> {
        self.get(id).await?;
        let row = call_guide_versions::Entity::find()
            .filter(call_guide_versions::Column::WorkspaceId.eq(self.0.workspace))
            .filter(call_guide_versions::Column::CallGuideId.eq(id))
            .filter(call_guide_versions::Column::Version.eq(version))
            .one(&self.0.db)
            .await?
            .ok_or(StorageError::NotFound("version of this call guide"))?;
        let uses = self.uses([row.id]).await?;
        let head =
            Head { id: row.id, call_guide_id: row.call_guide_id, version: row.version, created_at: row.created_at };
        Ok((head.with(&uses), document(row)?))
    }

    /// Returns the guide's row as of this version.
    pub async fn as_of(&self, id: Uuid, version: i32) -> Result<call_guides::Model, StorageError> {
        let (info, guide) = self.numbered(id, version).await?;
        Ok(call_guides::Model {
            version: info.version,
            updated_at: info.created_at,
            target_respondent_profile: to_json("profile", &guide.target_respondent_profile)?,
            sections: to_json("sections", &guide.sections)?,
            adaptive_rules: to_json("adaptive rules", &guide.adaptive_rules)?,
            voice_profile: to_json("voice profile", &guide.voice_profile)?,
            tags: to_json("tags", &guide.tags)?,
            estimated_duration_minutes: guide.estimated_duration_minutes as i32,
            max_duration_minutes: guide.max_duration_minutes as i32,
            min_completion_percentage: interview::score::widen(guide.min_completion_percentage),
            name: guide.name,
            language: guide.language,
            research_objective: guide.research_objective,
            ..self.get(id).await?
        })
    }

    async fn uses(&self, versions: impl IntoIterator<Item = Uuid>) -> Result<HashMap<Uuid, i64>, StorageError> {
        let uses: Vec<Uses> = interviews::Entity::find()
            .select_only()
            .column_as(interviews::Column::CallGuideVersionId, "version")
            .column_as(interviews::Column::Id.count(), "interviews")
            .filter(interviews::Column::CallGuideVersionId.is_in(versions))
            .group_by(interviews::Column::CallGuideVersionId)
            .into_model()
            .all(&self.0.db)
            .await?;
        Ok(uses.into_iter().map(|uses| (uses.version, uses.interviews)).collect())
    }
}

impl Head {
    fn with(self, uses: &HashMap<Uuid, i64>) -> VersionInfo {
        VersionInfo {
            interviews: uses.get(&self.id).copied().unwrap_or_default(),
            id: self.id,
            call_guide_id: self.call_guide_id,
            version: self.version,
            created_at: self.created_at,
        }
    }
}
