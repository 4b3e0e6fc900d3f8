//! What an answer names, and what it is worth as one.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{json_binary_null, string_len};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLE: &str = "interview_responses";

fn columns() -> [(&'static str, ColumnDef); 2] {
    [
        ("value", json_binary_null("value")),
        // Answers that are there already were taken for such.
        ("answer_class", string_len("answer_class", 20).not_null().default("answered").to_owned()),
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
