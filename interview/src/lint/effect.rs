//! Fields that a guide may have, and that change nothing in a call.
//!
//! Owns: naming each of them that a guide sets. Never does: find fault with fields that are kept for
//! the author's own use, such as `objective` or `target_respondent_profile`.

use super::diagnostic::{Level, Report};
use super::plan::Plan;

pub(super) fn check(plan: &Plan<'_>, report: &mut Report) {
    let (rules, voice) = (&plan.guide.adaptive_rules, &plan.guide.voice_profile);
    let fields = [
        (
            rules.complexity_adaptation,
            "/adaptive_rules/complexity_adaptation",
            "write the questions in plain words, or use follow-up triggers such as `confusion`",
        ),
        (
            !rules.time_management.is_empty(),
            "/adaptive_rules/time_management",
            "set `time_limit` of a section, and `time_allocation` and `required` of a question",
        ),
        (
            voice.pitch_variation.is_some(),
            "/voice_profile/pitch_variation",
            "choose a `voice`, or describe one with `accent` and `energy_level`",
        ),
    ];
    for (_, path, suggestion) in fields.into_iter().filter(|(is_set, ..)| *is_set) {
        let name = path.rsplit('/').next().unwrap_or(path);
        report.add(Level::Warning, "no-effect", path, format!("{name} is accepted and has no effect yet"), suggestion);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{changed, summary};

    #[test]
    fn fields_without_an_effect_are_named() {
        let found = changed(|guide| {
            guide["adaptive_rules"] = json!({
                "complexity_adaptation": true,
                "time_management": { "strategy": "strict" },
                "interest_signals": ["enthusiasm"],
            });
            guide["voice_profile"] = json!({ "pitch_variation": 0.5, "accent": "british" });
        });
        assert_eq!(
            summary(&found),
            [
                "no-effect /adaptive_rules/complexity_adaptation",
                "no-effect /adaptive_rules/time_management",
                "no-effect /voice_profile/pitch_variation",
            ]
        );
        assert_eq!(found[0].message, "complexity_adaptation is accepted and has no effect yet");
    }

    #[test]
    fn fields_that_ask_for_nothing_are_not() {
        let found = changed(|guide| {
            guide["adaptive_rules"] = json!({ "complexity_adaptation": false, "time_management": {} });
            guide["voice_profile"] = json!({ "pitch_variation": null });
        });
        assert_eq!(summary(&found), [""; 0]);
    }
}
