//! Who asks: the workspace, the role, and the name that changes are logged under.
//!
//! A handler says in its signature who may call it: [`Viewer`], [`Researcher`] or [`Admin`], each of them a [`Caller`] with
//! at least that role. Rows are reached through [`Caller::storage`], which knows the caller's workspace only. A change
//! takes [`Caller::actor`], or [`Caller::edit`] where the request may name the state that it is meant for.
//!
//! Owns: that judgement once somebody is known. Never does: find out who it is ([`guard`](super::guard) does).

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

/// Somebody who has been recognised; put into the request by the guard.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    pub workspace: Uuid,
    pub role: Role,
    /// For `event_logs.actor`: `local`, `key:ID`, `user:ID`.
    pub actor: Actor,
    /// Under which name requests are counted; nobody counts what this machine itself asks.
    pub counted: Option<Who>,
    /// Who signed in.
    pub user: Option<Uuid>,
    /// Which session of theirs it is.
    pub session: Option<Uuid>,
}

impl Identity {
    /// Whoever sits at the engine's own machine.
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

/// The recognised caller of a request.
pub struct Caller {
    pub workspace: Uuid,
    pub role: Role,
    pub actor: Actor,
    /// Set for who signed in, not for keys.
    pub user: Option<Uuid>,
    pub session: Option<Uuid>,
    /// The caller's workspace, and nobody else's.
    pub storage: Storage,
}

impl Caller {
    /// An edit that this caller asks for, of a row in the expected state.
    pub(super) fn edit(&self, expected: Precondition) -> Edit {
        Edit { actor: self.actor.clone(), expected }
    }
}

fn caller(request: &HttpRequest, least: Role) -> Result<Caller, Problem> {
    let Some(identity) = request.extensions().get::<Identity>().cloned() else {
        return Err(Problem::new(Kind::KeyRequired, "a key is needed here"));
    };
    if identity.role < least {
        return Err(Problem::new(Kind::RoleTooLow, format!("this needs the role {}", least.as_str())));
    }
    let state = request
        .app_data::<Data<AppState>>()
        .ok_or_else(|| Problem::new(Kind::InternalError, "the server was set up without its state"))?;
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
        #[doc = concat!("A caller who is at least ", stringify!($role), ": others are refused with 403.")]
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
