//! Routes that cannot be registered without their description.
//!
//! A handler is described by `#[utoipa::path]`. [`resource!`] takes the method and the path from
//! there, so that the document at `/api/openapi.json` always agrees with what is served. The
//! `ServiceConfig` of `utoipa_actix_web` accepts no route without a description.
//!
//! Owns: this connection. Never does: add what all routes have in common
//! ([`openapi`](super::openapi) does).

use actix_web::dev::{AppService, HttpServiceFactory};
use actix_web::http::Method;
use actix_web::{Resource, Route, guard};
use utoipa::openapi::path::{HttpMethod, Paths};
use utoipa::openapi::{RefOr, Schema};
use utoipa_actix_web::OpenApiFactory;

/// A resource (one path) of described handlers, made by [`resource!`].
#[derive(Default)]
pub(super) struct Described {
    path: String,
    routes: Vec<Route>,
    paths: Paths,
    schemas: Vec<(String, RefOr<Schema>)>,
}

impl Described {
    /// Adds a handler under the method and the path of its description.
    pub(super) fn with<D: utoipa::Path + OpenApiFactory>(mut self, description: &D, handler: Route) -> Self {
        debug_assert!(self.path.is_empty() || self.path == D::path(), "handlers of one resource share its path");
        self.path = D::path();
        let nothing: guard::AnyGuard = guard::Any(guard::fn_guard(|_| false));
        let methods = D::methods().into_iter().fold(nothing, |any, method| match method {
            // A HEAD request is allowed wherever GET is. The server leaves out the body by itself.
            HttpMethod::Get => any.or(guard::Get()).or(guard::Head()),
            method => any.or(guard::Method(named(&method))),
        });
        self.routes.push(handler.guard(methods));
        self.paths.merge(description.paths());
        description.schemas(&mut self.schemas);
        self
    }
}

fn named(method: &HttpMethod) -> Method {
    match method {
        HttpMethod::Get => Method::GET,
        HttpMethod::Post => Method::POST,
        HttpMethod::Put => Method::PUT,
        HttpMethod::Delete => Method::DELETE,
        HttpMethod::Options => Method::OPTIONS,
        HttpMethod::Head => Method::HEAD,
        HttpMethod::Patch => Method::PATCH,
        HttpMethod::Trace => Method::TRACE,
    }
}

impl HttpServiceFactory for Described {
    fn register(self, config: &mut AppService) {
        // `/api/call-guides/` also answers without the slash at its end.
        let patterns = match self.path.strip_suffix('/') {
            Some(bare) if !bare.is_empty() => vec![self.path.clone(), bare.to_owned()],
            _ => vec![self.path.clone()],
        };
        let resource = self.routes.into_iter().fold(Resource::new(patterns), Resource::route);
        resource.register(config);
    }
}

impl OpenApiFactory for Described {
    fn paths(&self) -> Paths {
        self.paths.clone()
    }

    fn schemas(&self, schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.extend(self.schemas.iter().cloned());
    }
}

/// Registers handlers of one path, each with `#[utoipa::path]`: `resource!(list, create)`.
macro_rules! resource {
    ($($handler:ident),+ $(,)?) => {
        pastey::paste! {
            $crate::api::routes::Described::default()$(.with(&[<__path_ $handler>], actix_web::web::to($handler)))+
        }
    };
}
pub(super) use resource;
