//! The rest of an answer's analysis, and what each value was made with.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{double, json_binary};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLE: &str = "interview_responses";

fn columns() -> [(&'static str, ColumnDef); 5] {
    // Of rows that are there already nothing is known.
    let number = |name: &'static str| (name, double(name).default(0.0).to_owned());
    [
        number("hesitation"),
        number("enthusiasm"),
        number("completeness"),
        ("contradictions", json_binary("contradictions").default("[]").to_owned()),
        ("analysis_methods", json_binary("analysis_methods").default("{}").to_owned()),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (_, column) in columns() {
            manager.alter_table(Table::alter().table(TABLE).add_column(column).to_owned()).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, _) in columns() {
            manager.alter_table(Table::alter().table(TABLE).drop_column(name).to_owned()).await?;
        }
        Ok(())
    }
}
