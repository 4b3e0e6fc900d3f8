//! The word error rate, and the normaliser that is applied first.
//!
//! Owns: which spellings count as the same word. Never does: judge meaning.
//!
//! The normaliser ("plain English words, version 1") converts to lower case, removes punctuation,
//! and turns hyphens and slashes into spaces. It writes numbers, ordinals, decimals, the years 1900
//! to 2099, percentages, and dollar, euro and pound amounts as words. It writes out common
//! contractions and the titles Mr, Mrs, Dr and St. It removes the fillers uh, um, hmm, mm and mhm.

use num2words::Num2Words;

const FILLERS: [&str; 7] = ["uh", "um", "uhm", "hmm", "mm", "mmm", "mhm"];

const WRITTEN_OUT: [(&str, &str); 16] = [
    ("mr", "mister"),
    ("mrs", "missus"),
    ("dr", "doctor"),
    ("st", "saint"),
    ("won't", "will not"),
    ("can't", "can not"),
    ("cannot", "can not"),
    ("shan't", "shall not"),
    ("let's", "let us"),
    ("it's", "it is"),
    ("that's", "that is"),
    ("there's", "there is"),
    ("what's", "what is"),
    ("gonna", "going to"),
    ("wanna", "want to"),
    ("okay", "ok"),
];

/// Endings of contractions, with what they stand for.
const ENDINGS: [(&str, &str); 6] =
    [("n't", " not"), ("'re", " are"), ("'ve", " have"), ("'ll", " will"), ("'m", " am"), ("'d", " would")];

/// Returns the words of a text in the form in which they are compared.
pub fn normalise(text: &str) -> Vec<String> {
    let text = text.to_lowercase().replace(['’', '‘'], "'").replace(['-', '–', '—', '/', ':'], " ");
    let text = text.replace('%', " percent ").replace('&', " and ");
    let spoken = text.split_whitespace().map(spoken).collect::<Vec<_>>().join(" ");
    let words = spoken.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.filter(|word| !FILLERS.contains(word)).map(str::to_owned).collect()
}

/// Returns the number of wrong, missing and added words divided by the number of words in the
/// reference. The result can exceed 1. For an empty reference it is 0 if the hypothesis is empty,
/// and otherwise 1.
pub fn wer(reference: &str, hypothesis: &str) -> f32 {
    let (reference, hypothesis) = (normalise(reference), normalise(hypothesis));
    if reference.is_empty() {
        return if hypothesis.is_empty() { 0.0 } else { 1.0 };
    }
    distance(&reference, &hypothesis) as f32 / reference.len() as f32
}

/// Returns the Levenshtein distance in words.
fn distance(reference: &[String], hypothesis: &[String]) -> usize {
    let mut row: Vec<usize> = (0..=hypothesis.len()).collect();
    for (i, expected) in reference.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, found) in hypothesis.iter().enumerate() {
            let replaced = diagonal + usize::from(expected != found);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[hypothesis.len()]
}

/// Returns one token without spaces in its spoken form.
fn spoken(token: &str) -> String {
    let token = token.trim_matches(|c: char| !c.is_alphanumeric() && !"$€£".contains(c));
    if let Some((_, words)) = WRITTEN_OUT.iter().find(|(short, _)| *short == token) {
        return (*words).to_owned();
    }
    for (ending, words) in ENDINGS {
        if let Some(stem) = token.strip_suffix(ending) {
            return format!("{stem}{words}");
        }
    }
    for (sign, unit) in [('$', "dollars"), ('€', "euros"), ('£', "pounds")] {
        if let Some(amount) = token.strip_prefix(sign).or_else(|| token.strip_suffix(sign)) {
            return number(amount).map_or_else(|| amount.to_owned(), |words| format!("{words} {unit}"));
        }
    }
    // A possessive sounds like a plural, so the apostrophe is removed and the letter stays.
    number(token).unwrap_or_else(|| token.replace('\'', ""))
}

fn number(token: &str) -> Option<String> {
    let digits = token.replace(',', "");
    let bare = ["st", "nd", "rd", "th"].iter().find_map(|ending| digits.strip_suffix(ending));
    if let Some(bare) = bare {
        return Num2Words::new(bare.parse::<i64>().ok()?).ordinal().to_words().ok();
    }
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    match digits.parse::<i64>() {
        Ok(year @ 1900..=2099) if !token.contains(',') => Num2Words::new(year).year().to_words().ok(),
        Ok(whole) => Num2Words::new(whole).to_words().ok(),
        Err(_) if digits.parse::<f64>().is_ok() => Num2Words::parse(&digits)?.to_words().ok(),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{normalise, wer};

    #[test]
    fn what_sounds_the_same_is_the_same() {
        for (a, b) in [
            ("Mr. Dashwood, he's ill-disposed!", "mister dashwood hes ill disposed"),
            ("I have 42 of them", "I have forty-two of them"),
            ("the 3rd of 1,000", "the third of one thousand"),
            ("It's 25%", "it is twenty five percent"),
            ("$5 in 2019", "five dollars in twenty nineteen"),
            ("We don't, uh, can’t", "we do not can not"),
            ("3.5 hours", "three point five hours"),
        ] {
            assert_eq!(normalise(a), normalise(b), "{a}");
        }
        assert_ne!(normalise("forty two"), normalise("forty three"));
    }

    #[test]
    fn errors_are_counted_against_the_reference() {
        assert!((wer("one two three four", "one too three") - 0.5).abs() < 1e-6);
        assert!((wer("one two three four", "one two three four five") - 0.25).abs() < 1e-6);
        assert!(wer("", "").abs() < 1e-6 && (wer("", "words") - 1.0).abs() < 1e-6);
    }
}
