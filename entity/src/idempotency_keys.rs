//! The stored answer to a request with an `Idempotency-Key`.

use sea_orm::entity::prelude::*;

#[derive(Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_keys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub workspace_id: Uuid,
    #[sea_orm(column_type = "Blob")]
    pub key_sha256: Vec<u8>,
    /// The hash of the caller, the request and its body.
    #[sea_orm(column_type = "Blob")]
    pub request_sha256: Vec<u8>,
    /// The encrypted answer. It is null while the request is in progress, and after the answer was
    /// erased.
    #[sea_orm(column_type = "Blob", nullable)]
    pub answer: Option<Vec<u8>>,
    /// The interview that the answer is about, if it is about one.
    pub interview_id: Option<Uuid>,
    pub erased: bool,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

// `Debug` is written by hand, because hashes and encrypted answers are of no use in a log.
impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IdempotencyKey").field("id", &self.id).finish_non_exhaustive()
    }
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
