//! English words that analysis, conditions and the understanding of answers share.
//!
//! Owns: small word lists, tokens, stems, and numbers in words. Never does: judge an answer.

/// Words without a content of their own.
const STOP: &[&str] = &[
    "a", "about", "after", "again", "all", "also", "am", "an", "and", "any", "are", "aren't", "as", "at", "be",
    "because", "been", "before", "being", "both", "but", "by", "can", "can't", "could", "couldn't", "did", "didn't",
    "do", "does", "doesn't", "doing", "don't", "down", "each", "else", "even", "ever", "every", "few", "for", "from",
    "get", "gets", "getting", "go", "goes", "going", "gonna", "got", "had", "has", "have", "haven't", "having", "he",
    "her", "here", "him", "his", "how", "i", "i'd", "i'll", "i'm", "i've", "if", "in", "into", "is", "isn't", "it",
    "it's", "its", "just", "let", "let's", "made", "make", "makes", "many", "may", "me", "might", "more", "most",
    "much", "must", "my", "no", "nor", "not", "now", "of", "off", "on", "one", "ones", "only", "or", "other", "our",
    "out", "over", "own", "put", "quite", "rather", "really", "said", "same", "say", "she", "should", "since", "so",
    "some", "still", "such", "than", "that", "that's", "the", "their", "them", "then", "there", "there's", "these",
    "they", "they're", "thing", "things", "this", "those", "though", "through", "to", "too", "up", "us", "very",
    "want", "was", "wasn't", "way", "we", "we're", "were", "what", "what's", "when", "where", "which", "while", "who",
    "why", "will", "with", "won't", "would", "wouldn't", "yes", "yeah", "yep", "you", "you're", "your",
];

/// Sounds and words that fill time.
const FILLERS: &[&str] = &[
    "um", "uh", "er", "erm", "uhm", "umm", "hmm", "hm", "mm", "mhm", "ah", "eh", "oh", "well", "like", "okay", "ok",
    "so",
];

/// Words that hedge a statement.
const HEDGES: &[&str] = &[
    "maybe", "perhaps", "possibly", "probably", "guess", "suppose", "somehow", "somewhat", "kinda", "sorta", "unsure",
    "depends", "dunno",
];

const POSITIVE: &[&str] = &[
    "amazing",
    "awesome",
    "beautiful",
    "best",
    "better",
    "brilliant",
    "comfortable",
    "delighted",
    "easier",
    "easy",
    "effective",
    "enjoy",
    "enjoyed",
    "excellent",
    "excited",
    "exciting",
    "fantastic",
    "fast",
    "favorite",
    "favourite",
    "fine",
    "friendly",
    "fun",
    "glad",
    "good",
    "grateful",
    "great",
    "happy",
    "helpful",
    "helps",
    "impressed",
    "intuitive",
    "like",
    "liked",
    "love",
    "loved",
    "nice",
    "perfect",
    "pleasant",
    "pleased",
    "reliable",
    "satisfied",
    "simple",
    "smooth",
    "useful",
    "wonderful",
    "works",
];

const NEGATIVE: &[&str] = &[
    "angry",
    "annoyed",
    "annoying",
    "awful",
    "awkward",
    "bad",
    "boring",
    "broken",
    "bug",
    "bugs",
    "clumsy",
    "complicated",
    "confused",
    "confusing",
    "crash",
    "crashed",
    "crashes",
    "difficult",
    "disappointed",
    "disappointing",
    "dislike",
    "expensive",
    "fail",
    "failed",
    "fails",
    "frustrated",
    "frustrating",
    "hard",
    "hate",
    "hated",
    "horrible",
    "lost",
    "mess",
    "messy",
    "nightmare",
    "pain",
    "painful",
    "poor",
    "problem",
    "problems",
    "sad",
    "slow",
    "stressful",
    "struggle",
    "stuck",
    "terrible",
    "tired",
    "ugly",
    "unhappy",
    "unreliable",
    "upset",
    "useless",
    "waste",
    "worried",
    "worse",
    "worst",
    "wrong",
];

const INTENSIFIERS: &[&str] = &[
    "absolutely",
    "always",
    "completely",
    "extremely",
    "incredibly",
    "never",
    "really",
    "so",
    "terribly",
    "totally",
    "very",
];

const STRONG: &[&str] = &[
    "amazing",
    "awesome",
    "awful",
    "best",
    "brilliant",
    "excellent",
    "fantastic",
    "hate",
    "hated",
    "horrible",
    "love",
    "loved",
    "nightmare",
    "perfect",
    "terrible",
    "useless",
    "wonderful",
    "worst",
];

const NEGATORS: &[&str] = &[
    "not", "no", "never", "don't", "doesn't", "didn't", "isn't", "wasn't", "aren't", "weren't", "can't", "cannot",
    "couldn't", "won't", "wouldn't", "hardly", "nothing", "without",
];

/// Words that end no sentence. Something has to follow them.
const HANGING: &[&str] = &[
    "a", "an", "and", "as", "at", "because", "but", "by", "for", "from", "if", "in", "into", "my", "of", "or", "our",
    "than", "the", "their", "to", "uh", "um", "er", "erm", "very", "when", "where", "which", "while", "who", "with",
    "your", "cause", "although", "until", "unless", "whereas",
];

/// Words that rarely end a sentence: "more than it was", "I think so".
const RARELY_LAST: &[&str] = &[
    "also", "i'm", "is", "it's", "like", "so", "then", "they're", "was", "we're", "though", "were", "are", "have",
    "had", "be", "been", "rather", "most", "might", "could", "should", "about",
];

const THEMES: &[(&str, &[&str])] = &[
    ("price", &["price", "cost", "expensive", "cheap", "money", "pay", "budget", "afford", "subscription", "fee"]),
    ("time", &["time", "hour", "minute", "slow", "fast", "quick", "delay", "wait", "deadline", "late"]),
    (
        "ease of use",
        &["easy", "simple", "complicated", "confusing", "intuitive", "difficult", "learn", "interface", "click"],
    ),
    ("reliability", &["reliable", "crash", "bug", "broken", "fail", "error", "stable", "freeze"]),
    ("support", &["support", "help", "service", "documentation", "answer", "team"]),
    ("work", &["work", "job", "office", "colleague", "client", "customer", "boss", "manager", "company", "business"]),
    ("family", &["family", "kid", "child", "children", "wife", "husband", "partner", "mother", "father"]),
    ("trust", &["trust", "privacy", "private", "secure", "security", "safe", "data"]),
    ("health", &["health", "sleep", "stress", "tired", "doctor", "pain", "exercise"]),
    ("tools", &["tool", "software", "app", "spreadsheet", "excel", "email", "phone", "computer", "website", "program"]),
    ("alternatives", &["competitor", "alternative", "switch", "instead", "compare", "rival"]),
];

macro_rules! members {
    ($($(#[$doc:meta])* $name:ident => $list:ident;)*) => {
        $($(#[$doc])* pub(crate) fn $name(word: &str) -> bool { $list.contains(&word) })*
    };
}

members! {
    is_stop => STOP;
    is_filler => FILLERS;
    is_hedge => HEDGES;
    is_positive => POSITIVE;
    is_negative => NEGATIVE;
    is_intensifier => INTENSIFIERS;
    is_strong => STRONG;
    is_negator => NEGATORS;
    is_hanging => HANGING;
    is_rarely_last => RARELY_LAST;
}

/// The words of a text in lower case, without punctuation except for apostrophes inside a word.
pub(crate) fn tokens(text: &str) -> Vec<String> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '\'' || c == '’'))
        .map(bare)
        .filter(|word| !word.is_empty())
        .collect()
}

/// One word in lower case, with straight apostrophes, and without any at its ends.
pub(crate) fn bare(word: &str) -> String {
    word.replace('’', "'").trim_matches(|c: char| !c.is_alphanumeric()).chars().flat_map(char::to_lowercase).collect()
}

/// The content words of a text, in order.
pub(crate) fn content(text: &str) -> Vec<String> {
    tokens(text).into_iter().filter(|w| is_content(w)).collect()
}

pub(crate) fn is_content(word: &str) -> bool {
    !is_stop(word) && !is_filler(word) && !is_hedge(word)
}

/// A rough stem, good enough to tell that `shops` and `shop` are the same word.
pub(crate) fn stem(word: &str) -> String {
    let word = word.strip_suffix("'s").unwrap_or(word);
    let long = |rest: &&str| rest.chars().count() >= 3;
    if let Some(rest) = word.strip_suffix("ies").filter(long) {
        return format!("{rest}y");
    }
    for ending in ["ing", "ed", "es", "ly", "s", "e"] {
        if let Some(rest) = word.strip_suffix(ending).filter(long)
            && !(ending == "s" && rest.ends_with('s'))
        {
            return rest.to_owned();
        }
    }
    word.to_owned()
}

pub(crate) fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit()) || number(word).is_some_and(|n| n != 1)
}

/// A whole number in digits or in words, up to 100.
pub(crate) fn number(word: &str) -> Option<i32> {
    const UNITS: [&str; 21] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
        "twenty",
    ];
    const TENS: [&str; 8] = ["thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "hundred"];
    if let Ok(number) = word.parse::<i32>() {
        return Some(number);
    }
    if let Some(at) = UNITS.iter().position(|unit| *unit == word) {
        return i32::try_from(at).ok();
    }
    TENS.iter().position(|ten| *ten == word).and_then(|at| i32::try_from(at).ok()).map(|at| 30 + 10 * at)
}

/// The names that [`themes`] can return.
pub(crate) fn theme_names() -> impl Iterator<Item = &'static str> {
    THEMES.iter().map(|(name, _)| *name)
}

/// The themes to which these stems belong.
pub(crate) fn themes(stems: &[String]) -> Vec<String> {
    THEMES
        .iter()
        .filter(|(_, words)| words.iter().any(|word| stems.contains(&stem(word))))
        .map(|(name, _)| (*name).to_owned())
        .collect()
}
