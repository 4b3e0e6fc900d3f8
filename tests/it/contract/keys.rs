//! What the product contract names, key by key, with its JSON type. Written from the contract, not from the code.

use serde_json::Value;

/// A JSON type, or null beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Number,
    Flag,
    Object,
    List,
    TextOrNull,
    NumberOrNull,
}
use Kind::{Flag, List, Number, NumberOrNull, Object, Text, TextOrNull};

impl Kind {
    fn holds(self, value: &Value) -> bool {
        match self {
            Text => value.is_string(),
            Number => value.is_number(),
            Flag => value.is_boolean(),
            Object => value.is_object(),
            List => value.is_array(),
            TextOrNull => value.is_string() || value.is_null(),
            NumberOrNull => value.is_number() || value.is_null(),
        }
    }
}

/// Names by JSON pointer.
pub type Keys = &'static [(&'static str, Kind)];

/// Section 2, `call_guides`.
pub const CALL_GUIDE: Keys = &[
    ("/id", Text),
    ("/workspace_id", Text),
    ("/name", Text),
    ("/research_objective", Text),
    ("/target_respondent_profile", Object),
    ("/sections", List),
    ("/sections/0/id", Text),
    ("/sections/0/section_name", Text),
    ("/sections/0/objective", Text),
    ("/sections/0/order", Number),
    ("/sections/0/time_limit", NumberOrNull),
    ("/sections/0/skip_conditions", List),
    ("/sections/0/questions/0/id", Text),
    ("/sections/0/questions/0/text", Text),
    ("/sections/0/questions/0/type", Text),
    ("/sections/0/questions/0/required", Flag),
    ("/sections/0/questions/0/max_follow_ups", Number),
    ("/sections/0/questions/0/time_allocation", Number),
    ("/sections/0/questions/0/context", TextOrNull),
    ("/sections/0/questions/0/expected_response_patterns", List),
    ("/sections/0/questions/0/options", List),
    ("/sections/0/questions/0/select", Text),
    ("/sections/0/questions/0/allow_none", Flag),
    ("/sections/0/questions/0/expects", TextOrNull),
    ("/sections/0/questions/0/patience", Number),
    ("/sections/0/questions/0/follow_up_triggers", List),
    ("/adaptive_rules/interest_signals", List),
    ("/adaptive_rules/branching_logic", List),
    ("/adaptive_rules/skip_conditions", Object),
    ("/adaptive_rules/time_management", Object),
    ("/adaptive_rules/complexity_adaptation", Flag),
    ("/voice_profile/voice", TextOrNull),
    ("/voice_profile/speaking_rate", Number),
    ("/voice_profile/accent", TextOrNull),
    ("/version", Number),
    ("/tags", List),
    ("/created_by", TextOrNull),
    ("/estimated_duration_minutes", Number),
    ("/max_duration_minutes", Number),
    ("/min_completion_percentage", Number),
    ("/created_at", Text),
    ("/updated_at", Text),
];

/// Section 2, `interviews`, of one that was held to its end with consent to everything.
pub const INTERVIEW_HELD: Keys = &[
    ("/id", Text),
    ("/workspace_id", Text),
    ("/call_guide_id", Text),
    ("/respondent_id", Text),
    ("/respondent_name", TextOrNull),
    ("/respondent_phone", TextOrNull),
    ("/respondent_email", TextOrNull),
    ("/respondent_metadata", Object),
    ("/status", Text),
    ("/scheduled_at", Text),
    ("/started_at", Text),
    ("/completed_at", Text),
    ("/duration_seconds", Number),
    ("/call_sid", TextOrNull),
    ("/recording_url", Text),
    ("/conversation_state", Object),
    ("/current_section", TextOrNull),
    ("/current_question_id", TextOrNull),
    ("/sections_completed", List),
    ("/questions_skipped", List),
    ("/engagement_metrics", Object),
    ("/quality_metrics", Object),
    ("/requires_human_review", Flag),
    ("/escalation_reason", TextOrNull),
    ("/interviewer_notes", List),
    ("/tags", List),
    ("/consent_given", Flag),
    ("/consent_timestamp", Text),
    ("/gdpr_compliant", Flag),
    ("/can_be_recorded", Flag),
    ("/call_guide_version_id", Text),
    ("/channel", Text),
    ("/status_reason", TextOrNull),
    ("/created_at", Text),
    ("/updated_at", Text),
];

/// Section 9: what scheduling adds for a browser call.
pub const INVITATION: Keys = &[("/id", Text), ("/status", Text), ("/join_url", Text), ("/join_token", Text)];

/// Section 2, `interview_responses`, one in a list.
pub const RESPONSES: Keys = &[
    ("/items/0/id", Text),
    ("/items/0/interview_id", Text),
    ("/items/0/question_id", Text),
    ("/items/0/section_name", Text),
    ("/items/0/question_text", Text),
    ("/items/0/response_text", Text),
    ("/items/0/response_audio_url", TextOrNull),
    ("/items/0/asked_at", Text),
    ("/items/0/answered_at", Text),
    ("/items/0/response_time_seconds", Number),
    ("/items/0/sentiment", Text),
    ("/items/0/confidence_score", Number),
    ("/items/0/key_phrases", List),
    ("/items/0/themes", List),
    ("/items/0/information_density", Number),
    ("/items/0/is_follow_up", Flag),
    ("/items/0/parent_response_id", TextOrNull),
    ("/items/0/follow_up_count", Number),
    ("/items/0/generated_follow_ups", List),
    ("/items/0/is_complete", Flag),
    ("/items/0/requires_clarification", Flag),
    ("/items/0/flags", List),
];

/// Section 2, `insight_extractions`, of one interview.
pub const INSIGHT: Keys = &[
    ("/id", Text),
    ("/workspace_id", Text),
    ("/interview_id", Text),
    ("/interview_ids", List),
    ("/executive_summary", Text),
    ("/key_findings", List),
    ("/themes", List),
    ("/notable_quotes", List),
    ("/sentiment_summary", Object),
    ("/contradictions", List),
    ("/research_objective_alignment", NumberOrNull),
    ("/data_quality_score", NumberOrNull),
    ("/confidence_level", NumberOrNull),
    ("/follow_up_recommendations", List),
    ("/suggested_next_questions", List),
    ("/generated_by", Text),
    ("/model_used", TextOrNull),
    ("/generated_at", Text),
    ("/created_at", Text),
];

/// Section 3: a line per component.
pub const HEALTH: Keys = &[
    ("/status", Text),
    ("/components/database/status", Text),
    ("/components/redis/status", Text),
    ("/components/models/status", Text),
    ("/components/queues/status", Text),
];

/// Section 3: `/api/tasks/{task_id}`.
pub const TASK: Keys = &[
    ("/state", Text),
    ("/queue", Text),
    ("/progress", Number),
    ("/attempts", Number),
    ("/error", TextOrNull),
    ("/id", Text),
    ("/kind", Text),
];

/// Section 3: RFC 9457, with JSON pointers for bad input.
pub const PROBLEM: Keys = &[("/type", Text), ("/title", Text), ("/status", Number), ("/detail", Text)];
pub const FAULTS: Keys = &[("/errors/0/pointer", Text), ("/errors/0/detail", Text)];

/// Section 3: the dashboards.
pub const OVERVIEW: Keys = &[
    ("/time_window_hours", Number),
    ("/interviews/total", Number),
    ("/interviews/by_status", Object),
    ("/interviews/by_status/completed", Number),
    ("/performance/avg_duration_seconds", Number),
    ("/performance/avg_completion_rate", Number),
    ("/performance/avg_engagement_score", Number),
    ("/performance/total_responses", Number),
    ("/quality/total_alerts", Number),
    ("/quality/by_severity", Object),
    ("/generated_at", Text),
];
pub const PERFORMANCE: Keys = &[
    ("/call_guides/0/call_guide_id", Text),
    ("/call_guides/0/call_guide_name", Text),
    ("/call_guides/0/interviews/total", Number),
    ("/call_guides/0/interviews/completed", Number),
    ("/call_guides/0/interviews/completion_rate", Number),
    ("/call_guides/0/metrics/avg_duration_seconds", NumberOrNull),
    ("/call_guides/0/metrics/avg_completion_percentage", NumberOrNull),
    ("/call_guides/0/metrics/avg_engagement_score", NumberOrNull),
];
pub const SENTIMENTS: Keys = &[
    ("/time_series/0/timestamp", Text),
    ("/time_series/0/sentiments/very_positive", Number),
    ("/time_series/0/sentiments/positive", Number),
    ("/time_series/0/sentiments/neutral", Number),
    ("/time_series/0/sentiments/negative", Number),
    ("/time_series/0/sentiments/very_negative", Number),
    ("/time_series/0/sentiments/total", Number),
];
pub const ALERTS: Keys = &[("/total_alerts", Number), ("/alerts", List)];
pub const ALERT: Keys = &[
    ("/id", Text),
    ("/severity", Text),
    ("/title", Text),
    ("/description", Text),
    ("/metric_name", Text),
    ("/current_value", Number),
    ("/threshold", Number),
    ("/timestamp", Text),
    ("/interview_id", Text),
    ("/acknowledged_at", TextOrNull),
    ("/resolved_at", TextOrNull),
];
pub const THRESHOLD: Keys = &[
    ("/metric", Text),
    ("/good", Text),
    ("/value", Number),
    ("/severity", Text),
    ("/default_value", Number),
    ("/default_severity", Text),
    ("/origin", Text),
];
pub const THEMES: Keys = &[("/total_unique_themes", Number), ("/themes", List)];
pub const RESPONSE_QUALITY: Keys = &[
    ("/total_responses", Number),
    ("/information_density_distribution/0.0-0.2", Number),
    ("/information_density_distribution/0.8-1.0", Number),
    ("/confidence_score_distribution/0.0-0.2", Number),
    ("/confidence_score_distribution/0.8-1.0", Number),
];

/// Section 2, `webhooks`, but for the secret, which is told once.
pub const WEBHOOK: Keys = &[
    ("/id", Text),
    ("/workspace_id", Text),
    ("/name", Text),
    ("/url", Text),
    ("/events", List),
    ("/headers", Object),
    ("/is_active", Flag),
    ("/last_triggered_at", TextOrNull),
    ("/success_count", Number),
    ("/failure_count", Number),
    ("/created_at", Text),
    ("/updated_at", Text),
];
pub const DELIVERIES: Keys = &[
    ("/items/0/id", Text),
    ("/items/0/webhook_id", Text),
    ("/items/0/message_id", Text),
    ("/items/0/event", Text),
    ("/items/0/state", Text),
    ("/items/0/attempts", Number),
    ("/items/0/last_error", TextOrNull),
];

/// Every key is there and of its type.
pub fn check(what: &str, value: &Value, keys: Keys) {
    let wrong: Vec<String> = keys
        .iter()
        .filter_map(|(pointer, kind)| match value.pointer(pointer) {
            None => Some(format!("{pointer} is missing")),
            Some(found) if !kind.holds(found) => Some(format!("{pointer} should be {kind:?}, and is {found}")),
            Some(_) => None,
        })
        .collect();
    assert!(wrong.is_empty(), "{what}: {wrong:#?}\n{value:#}");
}
