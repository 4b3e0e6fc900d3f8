//! `interviewer key|user|workspace`: managing access, on the engine's own machine. The commands
//! work while the engine runs.

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

/// Changes made here are recorded under this name.
pub(super) const ACTOR: &Actor = &Actor::named("cli");
const MOST: u64 = 10_000;

#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Create an API key and print it. This is the only time that it is shown.
    Create {
        /// admin, researcher or viewer.
        #[arg(long)]
        role: Role,
        /// The purpose of the key.
        #[arg(long, default_value = "created on the command line")]
        name: String,
        /// The time at which the key expires, such as 2030-01-31T09:00:00Z. Without it, the key
        /// never expires.
        #[arg(long)]
        expires_at: Option<DateTime<Utc>>,
        #[command(flatten)]
        workspace: InWorkspace,
    },
    /// List keys with their id, prefix, role and name.
    List(InWorkspace),
    /// Revoke a key.
    Revoke {
        id: Uuid,
        #[command(flatten)]
        workspace: InWorkspace,
    },
}

#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Create a user who may sign in. The command asks for the password, or reads it from a pipe.
    Create {
        #[arg(long)]
        email: String,
        /// admin, researcher or viewer.
        #[arg(long)]
        role: Role,
        /// The email address if missing.
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
    /// The name or the id of the workspace.
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
                    "This is the only time that the key is shown. Send it as `Authorization: Bearer …`. `interviewer \
                        key revoke \
                     {}` revokes it.",
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
                Ok(say!("{}… is revoked.", row.prefix)?)
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

/// Reads one line from the standard input. On a terminal the password is visible while it is typed,
/// and the prompt says so.
fn read_password() -> anyhow::Result<String> {
    if std::io::stdin().is_terminal() {
        write!(std::io::stderr(), "Password (visible while you type): ")?;
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
