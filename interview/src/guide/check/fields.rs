//! The fields that a guide document may have, and the words that some of them take.
//!
//! Owns: these lists. Never does: check a document by them.

pub(super) const GUIDE: &[&str] = &[
    "name",
    "language",
    "research_objective",
    "target_respondent_profile",
    "sections",
    "adaptive_rules",
    "voice_profile",
    "version",
    "tags",
    "estimated_duration_minutes",
    "max_duration_minutes",
    "min_completion_percentage",
    "answers_to_respondents",
];
pub(super) const ANSWERS: &[&str] = &["identity", "sponsor", "purpose", "privacy", "incentive", "contact"];
pub(super) const PROFILE: &[&str] = &["demographics", "expertise_level", "industry", "role", "experience_years"];
pub(super) const SECTION: &[&str] =
    &["id", "section_name", "objective", "order", "time_limit", "skip_conditions", "questions"];
pub(super) const QUESTION: &[&str] = &[
    "id",
    "text",
    "type",
    "required",
    "max_follow_ups",
    "time_allocation",
    "context",
    "expected_response_patterns",
    "options",
    "select",
    "allow_none",
    "scale",
    "expects",
    "patience",
    "follow_up_triggers",
];
pub(super) const TRIGGER: &[&str] = &["condition", "action", "priority", "template"];
pub(super) const RULES: &[&str] =
    &["interest_signals", "branching_logic", "skip_conditions", "time_management", "complexity_adaptation"];
pub(super) const BRANCH: &[&str] = &["condition", "target_section", "priority"];
pub(super) const VOICE: &[&str] = &["voice", "speaking_rate", "pitch_variation", "energy_level", "accent"];
pub(super) const TYPES: &[&str] = &["open", "closed", "scale", "multiple_choice"];
pub(super) const SELECT: &[&str] = &["one", "many"];
pub(super) const EXPECTS: &[&str] = &["number", "email", "phone", "name", "date"];
pub(super) const ACTIONS: &[&str] = &["drill_deeper", "probe", "clarify", "example", "compare"];
pub(super) const SIGNALS: &[&str] =
    &["enthusiasm", "hesitation", "confusion", "agreement", "disagreement", "emotional", "frustration"];
