//! Content negotiation by the `Accept` header.
//!
//! Owns: parsing `Accept` (RFC 9110, section 12.5.1). Never does: refuse a request.

use actix_web::HttpRequest;
use actix_web::http::header;

/// The media ranges of the header with their weights, in the order of the header.
pub(super) struct Accept(Vec<(String, f32)>);

impl Accept {
    pub(super) fn of(request: &HttpRequest) -> Self {
        let values = request.headers().get_all(header::ACCEPT).filter_map(|value| value.to_str().ok());
        Self::read(&values.collect::<Vec<_>>().join(","))
    }

    fn read(header: &str) -> Self {
        let ranges = header.split(',').filter_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let kind = parts.next().filter(|kind| !kind.is_empty())?.to_ascii_lowercase();
            let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse().ok());
            Some((kind, weight.unwrap_or(1.0)))
        });
        Self(ranges.collect())
    }

    /// Returns the media type on offer that the client prefers. This is the first one if the client
    /// states no preference, and `None` if the client accepts none of them.
    pub(super) fn choose<'a>(&self, offers: &[&'a str]) -> Option<&'a str> {
        if self.0.is_empty() {
            return offers.first().copied();
        }
        let mut best: Option<(&str, f32)> = None;
        for offer in offers {
            let weight = self.weight(offer);
            // Among types of equal weight, the first one on offer wins.
            if weight > 0.0 && best.is_none_or(|(_, known)| weight > known) {
                best = Some((offer, weight));
            }
        }
        best.map(|(offer, _)| offer)
    }

    /// Returns the weight that the most specific matching range gives to a media type.
    fn weight(&self, kind: &str) -> f32 {
        let group = kind.split('/').next().unwrap_or_default();
        let wide = [kind.to_owned(), format!("{group}/*"), "*/*".to_owned()];
        wide.iter()
            .find_map(|wanted| self.0.iter().find(|(range, _)| range == wanted))
            .map_or(0.0, |(_, weight)| *weight)
    }
}

#[cfg(test)]
mod tests {
    use super::Accept;

    #[test]
    fn the_best_kind_is_chosen() {
        let offers = ["application/json", "text/plain"];
        for (header, chosen) in [
            ("", Some("application/json")),
            ("*/*", Some("application/json")),
            ("text/plain", Some("text/plain")),
            ("text/*, */*;q=0.1", Some("text/plain")),
            ("application/json;q=0.5, text/plain;q=0.9", Some("text/plain")),
            ("text/plain;q=0, */*", Some("application/json")),
            ("image/png", None),
        ] {
            assert_eq!(Accept::read(header).choose(&offers), chosen, "{header}");
        }
    }
}
