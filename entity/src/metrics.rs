//! A measurement.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "metrics")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub workspace_id: Uuid,
    pub metric_name: String,
    pub metric_type: MetricType,
    pub value: f64,
    #[sea_orm(column_type = "JsonBinary")]
    pub labels: Json,
    pub interview_id: Option<Uuid>,
    pub call_guide_id: Option<Uuid>,
    pub recorded_at: DateTimeUtc,
    pub created_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)", rename_all = "snake_case")]
pub enum MetricType {
    Counter,
    /// A single value.
    Gauge,
    /// One of many values whose distribution is of interest.
    Histogram,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
