//! Headers that a webhook may carry besides the engine's own.
//!
//! Owns: which names and values are allowed. Never does: send a header.

/// Headers that the engine sets itself, or that decide where a message ends or who reads it.
const OURS: [&str; 17] = [
    "host",
    "content-length",
    "content-type",
    "content-encoding",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "upgrade",
    "expect",
    "accept-encoding",
    "date",
    "http2-settings",
    "content-range",
];

/// Returns why a header with this name must not be set.
pub fn name_fault(name: &str) -> Option<&'static str> {
    // A name is a token (RFC 9110, 5.6.2).
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if name.is_empty() || name.len() > 100 || !name.bytes().all(is_token) {
        return Some("must be a header name: letters, digits and hyphens, at most 100 characters");
    }
    let name = name.to_ascii_lowercase();
    if OURS.contains(&name.as_str()) || name.starts_with("webhook-") {
        return Some("this header is set by the engine itself");
    }
    None
}

/// Returns why a header must not have this value.
pub fn value_fault(value: &str) -> Option<&'static str> {
    let fits = value.len() <= 2_000 && value.bytes().all(|b| (0x20..0x7f).contains(&b));
    let trimmed = value.trim() == value && !value.is_empty();
    (!fits || !trimmed).then_some("must be 1 to 2000 printable ASCII characters, without a space at either end")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_would_break_signing_or_framing_can_be_set() {
        for name in ["Host", "content-LENGTH", "Transfer-Encoding", "Webhook-Id", "webhook-signature", "webhook-x", ""]
        {
            assert!(name_fault(name).is_some(), "{name}");
        }
        for name in ["x y", "x:", "x\r\ny", "é", "x\0"] {
            assert!(name_fault(name).is_some(), "{name:?}");
        }
        for name in ["Authorization", "X-Api-Key", "user-agent", "x_y.z"] {
            assert_eq!(name_fault(name), None, "{name}");
        }
        for value in ["a\r\nHost: b", "a\nb", " a", "a ", "", "\u{7f}", "é"] {
            assert!(value_fault(value).is_some(), "{value:?}");
        }
        assert_eq!(value_fault("Bearer abc=="), None);
    }
}
