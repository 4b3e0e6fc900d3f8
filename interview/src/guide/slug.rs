//! Ids that are made from texts.
//!
//! Owns: the form of such an id. Never does: make it unique (`read` does).

/// A slug: the lower-case words of a text, joined by hyphens and cut at a word near 48 characters.
/// A text without any letter or digit becomes `item`.
pub fn slug(text: &str) -> String {
    let mut slug = String::new();
    for word in text.split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’') {
        let word: String = word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        if word.is_empty() {
            continue;
        }
        if !slug.is_empty() {
            if slug.chars().count() + word.chars().count() > 48 {
                break;
            }
            slug.push('-');
        }
        slug.push_str(&word);
    }
    if slug.is_empty() { "item".to_owned() } else { slug }
}
