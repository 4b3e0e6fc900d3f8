//! The caller of a request: its workspace, its role, and the name under which changes are recorded.
//!
//! The signature of a handler states who may call it: [`Viewer`], [`Researcher`] or [`Admin`], each
//! of them a [`Caller`] with at least that role. Rows are reached through [`Caller::storage`],
//! which is limited to the caller's workspace. A change takes [`Caller::actor`], or
//! [`Caller::edit`] if the request may name the state that it expects.
//!
//! Owns: the check of a known caller's role. Never does: identify the caller
//! ([`guard`](super::guard) does).

use std::future::{Ready, ready};
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};
pub use entity::Role;
use uuid::Uuid;

use super::{AppState, Kind, Problem};
use crate::access::limits::Who;
use storage::revision::Precondition;
use storage::{Actor, Edit, Storage};

/// An identified caller, which the guard adds to the request.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    pub workspace: Uuid,
    pub role: Role,
    /// The value of `event_logs.actor`: `local`, `key:ID` or `user:ID`.
    pub actor: Actor,
    /// The name under which requests are counted. Local requests are not counted.
    pub counted: Option<Who>,
    /// The user, if the caller has signed in as one.
    pub user: Option<Uuid>,
    /// The session by which the user is identified.
    pub session: Option<Uuid>,
}

impl Identity {
    /// Returns the identity of a local request.
    pub(super) fn local() -> Self {
        Self {
            workspace: migration::DEFAULT_WORKSPACE,
            role: Role::Admin,
            actor: Actor::named("local"),
            counted: None,
            user: None,
            session: None,
        }
    }
}

/// The identified caller of a request.
pub struct Caller {
    pub workspace: Uuid,
    pub role: Role,
    pub actor: Actor,
    /// Set for a user, not for an API key.
    pub user: Option<Uuid>,
    pub session: Option<Uuid>,
    /// The storage, limited to the caller's workspace.
    pub storage: Storage,
}

impl Caller {
    /// Returns an edit by this caller of a row in the expected state.
    pub(super) fn edit(&self, expected: Precondition) -> Edit {
        Edit { actor: self.actor.clone(), expected }
    }
}

fn caller(request: &HttpRequest, least: Role) -> Result<Caller, Problem> {
    let Some(identity) = request.extensions().get::<Identity>().cloned() else {
        return Err(Problem::new(Kind::KeyRequired, "A key is required here."));
    };
    if identity.role < least {
        return Err(Problem::new(Kind::RoleTooLow, format!("This requires at least the role {}.", least.as_str())));
    }
    let state = request
        .app_data::<Data<AppState>>()
        .ok_or_else(|| Problem::new(Kind::InternalError, "The server was set up without its state."))?;
    Ok(Caller {
        storage: state.storage.of(identity.workspace),
        workspace: identity.workspace,
        role: identity.role,
        actor: identity.actor,
        user: identity.user,
        session: identity.session,
    })
}

macro_rules! at_least {
    ($($role:ident),*) => {$(
        #[doc = concat!("A caller whose role is at least ", stringify!($role), ". Others receive 403.")]
        pub struct $role(pub Caller);

        impl FromRequest for $role {
            type Error = Problem;
            type Future = Ready<Result<Self, Problem>>;

            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                ready(caller(request, Role::$role).map(Self))
            }
        }

        impl Deref for $role {
            type Target = Caller;

            fn deref(&self) -> &Caller {
                &self.0
            }
        }
    )*};
}

at_least!(Viewer, Researcher, Admin);
