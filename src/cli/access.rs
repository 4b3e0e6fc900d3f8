//! `interviewer key|user|workspace`: who may ask, told at the engine's own machine. Works while the engine runs.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use entity::Role;
use uuid::Uuid;

use crate::access::passwords;
use crate::config::Settings;
use storage::{Actor, NewKey, NewUser, Storage};

/// Under whose name these changes are logged.
pub(super) const ACTOR: &Actor = &Actor::named("cli");
const MOST: u64 = 10_000;

#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make a key and tell it: this one time.
    Create {
        /// admin, researcher or viewer.
        #[arg(long)]
        role: Role,
        /// What it is for.
        #[arg(long, default_value = "made on the command line")]
        name: String,
        /// When it stops working, such as 2030-01-31T09:00:00Z; never when missing.
        #[arg(long)]
        expires_at: Option<DateTime<Utc>>,
        #[command(flatten)]
        workspace: InWorkspace,
    },
    /// List keys: id, beginning, role, name.
    List(InWorkspace),
    /// Withdraw a key.
    Revoke {
        id: Uuid,
        #[command(flatten)]
        workspace: InWorkspace,
    },
}

#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Add somebody who may sign in. The password is asked for, or read from a pipe.
    Create {
        #[arg(long)]
        email: String,
        /// admin, researcher or viewer.
        #[arg(long)]
        role: Role,
        /// The address when missing.
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        workspace: InWorkspace,
    },
}

#[derive(Debug, Subcommand)]
pub enum WorkspaceCommand {
    Create { name: String },
    List,
}

#[derive(Debug, Args)]
pub struct InWorkspace {
    /// Name or id of the workspace.
    #[arg(long, default_value = "default")]
    workspace: String,
}

impl InWorkspace {
    pub(super) async fn of(&self, storage: &Storage) -> anyhow::Result<Storage> {
        let found = storage.workspaces().find(&self.workspace).await;
        let found = found.with_context(|| format!("--workspace {}", self.workspace))?;
        Ok(storage.of(found.id))
    }
}

async fn open(settings: &Settings) -> anyhow::Result<Storage> {
    let storage = Storage::connect(&settings.database_url(), 1, &settings.storage.data_dir).await?;
    storage.schema().migrate().await?;
    Ok(storage)
}

pub(super) fn run(
    settings: &Settings,
    work: impl AsyncFnOnce(Storage) -> anyhow::Result<()>,
) -> anyhow::Result<ExitCode> {
    actix::System::new().block_on(async move {
        let storage = open(settings).await?;
        work(storage.clone()).await?;
        storage.close().await?;
        Ok(ExitCode::SUCCESS)
    })
}

impl KeyCommand {
    pub fn run(self, settings: &Settings) -> anyhow::Result<ExitCode> {
        run(settings, async move |storage| match self {
            Self::Create { role, name, expires_at, workspace } => {
                let storage = workspace.of(&storage).await?;
                let (row, key) = storage.keys().create(NewKey { name, role, expires_at }, ACTOR).await?;
                say!("{key}")?;
                hint!(
                    "This is the only time that it is told. Send it as `Authorization: Bearer …`; `interviewer key revoke \
                     {}` withdraws it.",
                    row.id
                );
                Ok(())
            }
            Self::List(workspace) => {
                let now = Utc::now();
                for row in workspace.of(&storage).await?.keys().list(None, MOST).await? {
                    let standing = match (row.revoked_at, row.expires_at) {
                        (Some(_), _) => " (withdrawn)",
                        (None, Some(end)) if end <= now => " (expired)",
                        _ => "",
                    };
                    say!("{}  {}…  {}  {}{standing}", row.id, row.prefix, row.role.as_str(), row.name)?;
                }
                Ok(())
            }
            Self::Revoke { id, workspace } => {
                let row = workspace.of(&storage).await?.keys().revoke(id, ACTOR).await?;
                Ok(say!("{}… opens nothing any more", row.prefix)?)
            }
        })
    }
}

impl UserCommand {
    pub fn run(self, settings: &Settings) -> anyhow::Result<ExitCode> {
        run(settings, async move |storage| {
            let Self::Create { email, role, name, workspace } = self;
            let storage = workspace.of(&storage).await?;
            let password_hash = Some(passwords::hash(&read_password()?)?);
            let name = name.unwrap_or_else(|| email.clone());
            let user = storage.users().create(NewUser { email, name, role, password_hash, oidc: None }, ACTOR).await?;
            Ok(say!("{}  {}  {}", user.id, user.role.as_str(), user.email)?)
        })
    }
}

impl WorkspaceCommand {
    pub fn run(self, settings: &Settings) -> anyhow::Result<ExitCode> {
        run(settings, async move |storage| {
            let rows = match self {
                Self::Create { name } => vec![storage.workspaces().create(&name, ACTOR).await?],
                Self::List => storage.workspaces().list().await?,
            };
            Ok(rows.iter().try_for_each(|row| say!("{}  {}", row.id, row.name))?)
        })
    }
}

/// One line of the standard input. On a terminal it shows while it is typed, and says so.
fn read_password() -> anyhow::Result<String> {
    if std::io::stdin().is_terminal() {
        write!(std::io::stderr(), "Password (it will be shown): ")?;
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
