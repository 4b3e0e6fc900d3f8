//! What keeps a text from being said aloud as it stands.
//!
//! Owns: finding addresses, layout, placeholders, pictures and signs without a sound. Never does: say
//! how a text is pronounced.

/// Signs that are spoken as a word, or are punctuation.
const SPEAKABLE: &str = ".,;:!?'\"’‘“”„()-–—…%$€£¥&+°©®™§¿¡«»";

/// Something in a text that cannot be said aloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Obstacle {
    /// An address of a web page or an e-mail.
    Address(String),
    /// It is laid out for the eye, as a table or a list.
    Table,
    /// A placeholder that is not filled in. What else is in the text is not looked at.
    Placeholder(String),
    /// Emoji, arrows and dingbats, in the order of the text.
    Pictures(String),
    /// Signs without a sound of their own, each once, in the order of Unicode.
    Signs(Vec<char>),
    /// There is no letter and no digit in it.
    NoWord,
}

/// Whether a text can be said aloud as it stands. `latin`: by a voice that knows only Latin letters.
pub(crate) fn is_speakable(text: &str, latin: bool) -> bool {
    obstacles(text, false, latin).is_empty()
}

/// What keeps a text from being said aloud. `template`: it may hold the placeholders of a follow-up
/// template. `latin`: the voice knows only Latin letters.
pub(crate) fn obstacles(text: &str, template: bool, latin: bool) -> Vec<Obstacle> {
    let mut found = Vec::new();
    if let Some(address) = text.split_whitespace().find(|word| is_address(word)) {
        found.push(Obstacle::Address(address.to_owned()));
    } else if is_table(text) {
        found.push(Obstacle::Table);
    }
    let without = placeholders(text, template);
    if let Some(placeholder) = unknown_placeholder(&without) {
        found.push(Obstacle::Placeholder(placeholder.to_owned()));
        return found;
    }
    let mut pictures: Vec<char> = without.chars().filter(|c| is_picture(*c)).collect();
    pictures.dedup();
    if !pictures.is_empty() {
        found.push(Obstacle::Pictures(pictures.into_iter().collect()));
    }
    let foreign = |c: &char| latin && c.is_alphabetic() && !is_latin(*c);
    let mut signs: Vec<char> = without
        .split_whitespace()
        .filter(|word| !is_address(word))
        .flat_map(str::chars)
        .filter(|c| !c.is_alphanumeric() && !SPEAKABLE.contains(*c) && !is_picture(*c) || foreign(c))
        .collect();
    if !signs.is_empty() && !is_table(text) {
        signs.sort_unstable();
        signs.dedup();
        found.push(Obstacle::Signs(signs));
    }
    if !text.chars().any(char::is_alphanumeric) {
        found.push(Obstacle::NoWord);
    }
    found
}

fn is_address(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let mail = word.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    let domain = word.split('/').next().unwrap_or_default().rsplit_once('.').is_some_and(|(host, top)| {
        host.len() > 1
            && ["com", "org", "net", "io", "dev", "ai", "app", "edu", "gov", "info", "eu", "de", "uk", "fr", "hu"]
                .contains(&top)
    });
    mail || domain || word.contains("://") || word.starts_with("www.")
}

fn is_table(text: &str) -> bool {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let item = |line: &&&str| {
        line.starts_with(['-', '*', '•', '|'])
            || line.split_once(['.', ')']).is_some_and(|(n, _)| n.parse::<u32>().is_ok())
    };
    text.matches('|').count() > 1 || text.contains('\t') || lines.len() > 1 && lines.iter().filter(item).count() > 1
}

/// Returns the text without the placeholders that are filled in.
fn placeholders(text: &str, template: bool) -> String {
    if template { text.replace("{topic}", "").replace("{key_phrase}", "") } else { text.to_owned() }
}

fn unknown_placeholder(text: &str) -> Option<&str> {
    for (open, close) in [("{{", "}}"), ("{", "}"), ("[", "]"), ("<", ">")] {
        if let Some(start) = text.find(open)
            && let Some(length) = text[start..].find(close)
            && text[start + open.len()..start + length].chars().any(char::is_alphabetic)
        {
            return Some(&text[start..start + length + close.len()]);
        }
    }
    None
}

/// Whether it is an emoji, an arrow, a dingbat, or a sign that modifies one.
fn is_picture(c: char) -> bool {
    matches!(u32::from(c), 0x2190..=0x21FF | 0x2300..=0x27BF | 0x2B00..=0x2BFF | 0xFE00..=0xFE0F | 0x200D | 0x1F000..=0x1FAFF)
}

/// Whether it is a Latin letter, with or without marks, for which an English voice has a sound.
fn is_latin(c: char) -> bool {
    matches!(u32::from(c), 0x41..=0x24F | 0x1E00..=0x1EFF | 0x300..=0x36F)
}
