//! Word error rate, and the normalisation before it.

/// Lower case words without punctuation.
pub fn normalise(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|w| !w.is_empty()).map(str::to_lowercase).collect()
}

/// Word error rate 0…: edits of the words / words of the reference.
pub fn wer(reference: &str, hypothesis: &str) -> f32 {
    let (a, b) = (normalise(reference), normalise(hypothesis));
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substitution = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substitution.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()] as f32 / a.len().max(1) as f32
}
