//! `/problems/`: a page for each kind of problem, to which the `type` of a problem document leads.
//! The pages are those of docs/reference/errors, embedded in the binary.
//!
//! Owns: the conversion to HTML. Never does: know what a page says.

use actix_web::http::header;
use actix_web::web::{self, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use maud::{DOCTYPE, PreEscaped, html};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use rust_embed::Embed;

use super::kind::PLACE;
use super::{Problem, pages};

/// A debug build reads the folder at each request. A release build contains the files.
#[derive(Embed)]
#[folder = "docs/reference/errors"]
struct Book;

/// The style sheet is a separate file, because the content security policy forbids inline styles.
const STYLE: &str = include_str!("problems.css");

pub(super) fn routes(cfg: &mut ServiceConfig) {
    let page = || web::route().guard(actix_web::guard::Any(actix_web::guard::Get()).or(actix_web::guard::Head()));
    cfg.service(web::redirect("/problems", PLACE))
        .service(web::resource(PLACE).route(page().to(index)))
        .service(web::resource("/problems/style.css").route(page().to(style)))
        .service(web::resource("/problems/{slug}").route(page().to(one)));
}

// Handlers are async even if they never wait.
#[allow(clippy::unused_async)]
async fn index(request: HttpRequest) -> Result<HttpResponse, Problem> {
    shown(&request, "index")
}

// Handlers are async even if they never wait.
#[allow(clippy::unused_async)]
async fn one(request: HttpRequest, slug: Path<String>) -> Result<HttpResponse, Problem> {
    shown(&request, &slug)
}

// Handlers are async even if they never wait.
#[allow(clippy::unused_async)]
async fn style() -> HttpResponse {
    answer("text/css; charset=utf-8", STYLE.to_owned())
}

fn shown(request: &HttpRequest, slug: &str) -> Result<HttpResponse, Problem> {
    let plain = slug.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    let found = plain.then(|| Book::get(&format!("{slug}.md"))).flatten();
    let text = found.and_then(|file| String::from_utf8(file.data.into_owned()).ok());
    let text = text.ok_or_else(|| Problem::unknown_route(request.path()))?;
    Ok(answer("text/html; charset=utf-8", page(&text)))
}

fn answer(kind: &'static str, body: String) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    pages::protect(&mut response);
    // The text may change with a new version of the engine.
    response.content_type(kind).insert_header((header::CACHE_CONTROL, "no-cache")).body(body)
}

fn page(markdown: &str) -> String {
    let title = markdown.lines().next().unwrap_or_default().trim_start_matches("# ");
    let (mut body, mut elsewhere) = (String::new(), false);
    let events = Parser::new_ext(markdown, Options::ENABLE_TABLES).filter_map(|event| served(event, &mut elsewhere));
    pulldown_cmark::html::push_html(&mut body, events);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                link rel="stylesheet" href="/problems/style.css";
            }
            body { main { (PreEscaped(body)) } }
        }
    };
    page.into_string()
}

/// Converts an element of the Markdown for these pages. HTML is removed, and links between the
/// pages are kept. A link to another page of the book is replaced by its text. `elsewhere` is true
/// within such a link.
fn served<'e>(event: Event<'e>, elsewhere: &mut bool) -> Option<Event<'e>> {
    match event {
        Event::Html(_) | Event::InlineHtml(_) => None,
        Event::Start(Tag::Link { ref dest_url, .. }) if dest_url.contains('/') => {
            *elsewhere = true;
            None
        }
        Event::End(TagEnd::Link) if *elsewhere => {
            *elsewhere = false;
            None
        }
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            let slug = dest_url.strip_suffix(".md").unwrap_or(&dest_url);
            let dest_url = format!("{PLACE}{}", if slug == "index" { "" } else { slug }).into();
            Some(Event::Start(Tag::Link { link_type, dest_url, title, id }))
        }
        event => Some(event),
    }
}

#[cfg(test)]
mod tests {
    use super::page;

    #[test]
    fn a_page_is_its_markdown_and_nothing_that_runs() {
        let text = "# It is **gone**\n\n`gone`, HTTP status 410\n\n<script>x</script>\n\nSee [all](index.md) <b>now</b>, \
                    [that](../api.md) or [this](not-found.md).\n\n| a | b |\n|---|---|\n| 1 | 2 < 3 |\n";
        let page = page(text);
        assert!(page.starts_with("<!DOCTYPE html><html lang=\"en\">"), "{page}");
        assert!(page.contains("<a href=\"/problems/\">all</a>") && page.contains("<a href=\"/problems/not-found\">"));
        assert!(page.contains("<td>2 &lt; 3</td>") && page.contains("<code>gone</code>"), "{page}");
        assert!(!page.contains("<script") && !page.contains("<b>"), "{page}");
        assert!(page.contains("that") && !page.contains("api"), "no page of the engine: {page}");
    }
}
