//! Whole interviews: scripted speech, everything else real. Each raises what the product contract calls for, and nothing else.

mod live;

use std::time::Duration;

use interview::io::{CallState, Rejection};
use interviewer::session::Engines;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use serde_json::{Value, json};
use voice::stt::{self, Heard};

use crate::metrics::Served;
use crate::session::Stage;
use crate::support::caller::{Invitation, is_question, is_state, open_guide};

/// Answers with a dozen content words each, none of them twice.
pub const RICH: [&str; 4] = [
    "We repair antique wooden clocks, violins, barometers and brass telescopes for museums in Vienna and Graz.",
    "Customers send broken parcels by courier, so insurers demand photographs, invoices and signed customs forms.",
    "My apprentice polishes silver cutlery while I calibrate pendulums, springs, escapements and tiny gears.",
    "Winter brings chimney sweeps, church organs, frozen locks and expensive emergency visits to mountain villages.",
];
const YES: &str = "Yes, that is fine.";
/// An engine under test may be slow, and that is another test.
const PATIENT: (&str, &str) = ("MAX_RESPONSE_LATENCY", "50");

pub fn words(text: &str, confidence: f32) -> Heard {
    Heard::Words { text: text.to_owned(), confidence, delay: Duration::ZERO }
}

/// Twice yes, then these, the last one for ever.
pub fn consenting(answers: Vec<Heard>) -> impl FnOnce(&mut Engines) {
    move |engines: &mut Engines| {
        let heard: Vec<Heard> = [words(YES, 1.0), words(YES, 1.0)].into_iter().chain(answers).collect();
        let last = heard.len() - 1;
        let heard = move |call: u32, _: &stt::Speech| heard[(call as usize).min(last)].clone();
        engines.transcriber = std::sync::Arc::new(stt::Scripted::hearing(Duration::ZERO, heard));
    }
}

pub fn rich(confidence: f32) -> Vec<Heard> {
    RICH.iter().map(|text| words(text, confidence)).collect()
}

/// An engine that hears this after two consents.
async fn hearing(more: &[(&str, &str)], answers: Vec<Heard>) -> Stage {
    let more: Vec<_> = more.iter().copied().chain([PATIENT]).collect();
    Stage::start_as(tempfile::tempdir().unwrap(), &more, consenting(answers)).await
}

/// What has been found so far: severities and metrics in their order, whether each is resolved, and why a person should look.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    pub alerts: Vec<(String, String)>,
    pub escalated: Option<String>,
}

pub fn found(alerts: &[(&str, &str)], escalated: Option<&str>) -> Found {
    let owned = |(severity, metric): &(&str, &str)| ((*severity).to_owned(), (*metric).to_owned());
    Found { alerts: alerts.iter().map(owned).collect(), escalated: escalated.map(str::to_owned) }
}

pub async fn alerts(stage: &Stage) -> Vec<Value> {
    let list = stage.caller.json("/api/dashboard/quality-alerts?hours=1&limit=200").await;
    list["alerts"].as_array().unwrap().clone()
}

/// Everything there is to be found, wherever it is told: dashboards, metrics, webhooks, the review queue must agree.
async fn judged(stage: &Stage, invitation: &Invitation) -> Found {
    assert!(stage.engine.quality.settle().await, "everything is judged in time");
    let alerts = alerts(stage).await;
    let text = |alert: &Value, key: &str| alert[key].as_str().unwrap().to_owned();
    let mut raised: Vec<_> = alerts.iter().map(|alert| (text(alert, "severity"), text(alert, "metric_name"))).collect();
    raised.sort();
    assert!(alerts.iter().all(|alert| text(alert, "interview_id") == invitation.id.to_string()));

    let overview = stage.caller.json("/api/dashboard/overview").await;
    assert_eq!(overview["quality"]["total_alerts"], raised.len(), "{overview}");
    let served = Served::by(stage).await;
    for (severity, metric) in &raised {
        let of = raised.iter().filter(|other| *other == &(severity.clone(), metric.clone())).count() as u64;
        assert_eq!(served.count("quality_alerts_total", &[("severity", severity), ("metric", metric)]), of);
    }
    assert_eq!(served.count("quality_alerts_total", &[]), raised.len() as u64);

    let interview = stage.interview(invitation).await;
    let queue = stage.caller.json("/api/interviews/review-queue").await;
    let waits = queue["items"].as_array().unwrap().iter().any(|item| item["id"] == invitation.id.to_string());
    assert_eq!(interview["requires_human_review"], waits, "{queue}");
    let reasons: Vec<String> =
        ["critical_alert", "error_alerts", "completion_rate", "data_quality_score", "person_requested"]
            .into_iter()
            .filter(|reason| served.count("escalations_total", &[("reason", reason)]) == 1)
            .map(str::to_owned)
            .collect();
    assert_eq!(served.count("escalations_total", &[]), reasons.len() as u64);
    assert_eq!(reasons.len(), usize::from(waits), "handed over once: {interview}");
    assert_eq!(interview["escalation_reason"].is_string(), waits, "{interview}");

    // One entry for the webhooks each.
    let entries = entity::webhook_outbox::Entity::find()
        .filter(entity::webhook_outbox::Column::Event.eq("quality.alert"))
        .order_by_asc(entity::webhook_outbox::Column::Id)
        .all(stage.engine.storage.connection())
        .await
        .unwrap();
    let of_kind = |kind: &str| entries.iter().filter(|row| row.data["kind"] == kind).count();
    assert_eq!((of_kind("alert"), of_kind("escalation")), (raised.len(), reasons.len()));
    Found { alerts: raised, escalated: reasons.into_iter().next() }
}

/// Holds the interview to its end.
async fn held(stage: &Stage, guide: &Value) -> Invitation {
    let guide = stage.caller.guide(guide).await;
    let invitation = stage.caller.schedule(&guide).await;
    crate::metrics::hold(stage, &invitation).await;
    invitation
}

/// The respondent leaves when this question is asked.
async fn left_at(stage: &Stage, guide: &Value, question: &str) -> Invitation {
    let guide = stage.caller.guide(guide).await;
    let invitation = stage.caller.schedule(&guide).await;
    let (mut call, mut page) = stage.called(&invitation).await;
    page.answer_until(&call, is_question(question)).await;
    page.send("leave").await;
    page.until(is_state(CallState::Ended)).await;
    call.closed().await;
    stage.live(0).await;
    invitation
}

/// Questions with options that no answer here fits.
fn choices(questions: usize) -> Value {
    let mut guide = open_guide(questions);
    for question in guide["sections"][0]["questions"].as_array_mut().unwrap() {
        question["type"] = json!("multiple_choice");
        question["options"] = json!(["Red", "Blue"]);
    }
    guide
}

/// Two questions, the first of which is followed up when clocks are mentioned.
fn followed_up() -> Value {
    let mut guide = open_guide(2);
    guide["sections"][0]["questions"][0]["max_follow_ups"] = json!(1);
    guide["sections"][0]["questions"][0]["follow_up_triggers"] = json!([{
        "condition": "mentions clocks", "action": "example", "priority": 5, "template": "Which clock was the hardest one?",
    }]);
    guide
}

#[actix_web::test]
async fn a_good_interview_raises_nothing_and_leaves_its_measurements() {
    let stage = hearing(&[], rich(0.95)).await;
    let invitation = held(&stage, &followed_up()).await;
    assert_eq!(judged(&stage, &invitation).await, found(&[], None));
    let interview = stage.interview(&invitation).await;
    let rows = entity::metrics::Entity::find()
        .filter(entity::metrics::Column::InterviewId.eq(invitation.id))
        .all(stage.engine.storage.connection())
        .await
        .unwrap();
    for (metric, scores) in [
        ("completion_rate", "quality_metrics"),
        ("engagement_score", "engagement_metrics"),
        ("information_density", "quality_metrics"),
        ("data_quality_score", "quality_metrics"),
        ("stt_confidence", "quality_metrics"),
        ("clarification_rate", "quality_metrics"),
        ("stt_error_rate", "quality_metrics"),
        ("follow_up_value", "quality_metrics"),
    ] {
        let values: Vec<f64> = rows.iter().filter(|row| row.metric_name == metric).map(|row| row.value).collect();
        assert_eq!(json!(values), json!([interview[scores][metric]]), "{metric}");
    }
    let latencies: Vec<f64> =
        rows.iter().filter(|row| row.metric_name == "response_latency").map(|row| row.value).collect();
    assert!(!latencies.is_empty() && latencies.iter().all(|seconds| *seconds > 0.0), "{latencies:?}");
    let recomputed = stage.engine.storage.measurements().recompute(invitation.id).await.unwrap().unwrap();
    assert_eq!(recomputed.len(), 9);
    assert!(recomputed.iter().all(|score| !score.differs() && score.stored.is_some()), "{recomputed:#?}");
    stage.engine.stop(Duration::ZERO).await;
}

#[actix_web::test]
async fn recognition_of_little_confidence_is_told() {
    let stage = hearing(&[], rich(0.7)).await;
    let invitation = held(&stage, &open_guide(4)).await;
    assert_eq!(judged(&stage, &invitation).await, found(&[("warning", "stt_confidence")], None));
    stage.engine.stop(Duration::ZERO).await;
}

#[actix_web::test]
async fn scores_of_guessed_words_are_withheld_and_not_judged() {
    let stage = hearing(&[], vec![words("So so.", 0.3)]).await;
    let invitation = held(&stage, &open_guide(3)).await;
    assert_eq!(judged(&stage, &invitation).await, found(&[("warning", "stt_confidence")], None));
    let interview = stage.interview(&invitation).await;
    let withheld = ["information_density", "follow_up_value", "engagement_score", "data_quality_score"];
    assert_eq!(interview["quality_metrics"]["withheld"], json!(withheld));
    assert_eq!(interview["quality_metrics"]["data_quality_score"], Value::Null);
    assert_eq!(interview["engagement_metrics"]["engagement_score"], Value::Null);
    stage.engine.stop(Duration::ZERO).await;
}

#[actix_web::test]
async fn answers_that_say_little_are_told() {
    let stage = hearing(&[], vec![words("I use a phone.", 0.95)]).await;
    let invitation = held(&stage, &open_guide(3)).await;
    assert_eq!(judged(&stage, &invitation).await, found(&[("info", "information_density")], None));
    stage.engine.stop(Duration::ZERO).await;
}

#[actix_web::test]
async fn a_respondent_who_is_hardly_engaged_is_told() {
    let stage = hearing(&[], vec![words("Um, uh, maybe, um, perhaps.", 0.95)]).await;
    let invitation = held(&stage, &open_guide(3)).await;
    let expected = found(&[("info", "information_density"), ("warning", "engagement_score")], None);
    assert_eq!(judged(&stage, &invitation).await, expected);
    stage.engine.stop(Duration::ZERO).await;
}

#[actix_web::test]
async fn answers_that_need_clarification_are_told() {
    let stage = hearing(&[], vec![words(RICH[0], 0.95)]).await;
    let invitation = held(&stage, &choices(3)).await;
    assert_eq!(judged(&stage, &invitation).await, found(&[("warning", "clarification_rate")], None));
    stage.engine.stop(Duration::ZERO).await;
}

#[actix_web::test]
async fn speech_that_is_rejected_is_told() {
    let noise = || Heard::Rejected(Rejection::Repetition);
    let answers = vec![noise(), words(RICH[0], 0.95), noise(), words(RICH[1], 0.95), words(RICH[2], 0.95)];
    let stage = hearing(&[], answers).await;
    let invitation = held(&stage, &open_guide(3)).await;
    assert_eq!(judged(&stage, &invitation).await, found(&[("error", "stt_error_rate")], None));
    stage.engine.stop(Duration::ZERO).await;
}

#[actix_web::test]
async fn recognition_that_fails_is_critical_and_calls_for_a_person() {
    let answers = [Heard::Failure, Heard::Failure].into_iter().chain(rich(0.95)).collect();
    let stage = hearing(&[], answers).await;
    let invitation = held(&stage, &open_guide(3)).await;
    let expected = found(&[("critical", "component.stt"), ("error", "stt_error_rate")], Some("critical_alert"));
    assert_eq!(judged(&stage, &invitation).await, expected);
    let alerts = alerts(&stage).await;
    let stt = alerts.iter().find(|alert| alert["metric_name"] == "component.stt").unwrap();
    assert_eq!(stt["resolution"], "recovered", "it worked again: {stt}");
    stage.engine.stop(Duration::ZERO).await;
}

#[actix_web::test]
async fn an_engine_that_is_slow_to_answer_is_told() {
    let stage = Stage::start_as(
        tempfile::tempdir().unwrap(),
        // No turn is answered as quickly as that.
        &[("MAX_RESPONSE_LATENCY", "0.01")],
        consenting(rich(0.95)),
    )
    .await;
    let invitation = held(&stage, &open_guide(3)).await;
    assert_eq!(judged(&stage, &invitation).await, found(&[("warning", "response_latency")], None));
    let latency = &alerts(&stage).await[0];
    assert_eq!(latency["threshold"], 0.01);
    assert!(latency["current_value"].as_f64().unwrap() > 0.01, "{latency}");
    stage.engine.stop(Duration::ZERO).await;
}

#[actix_web::test]
async fn follow_ups_that_bring_nothing_new_are_told() {
    let stage = hearing(&[], vec![words(RICH[0], 0.95), words(RICH[0], 0.95), words(RICH[1], 0.95)]).await;
    let invitation = held(&stage, &followed_up()).await;
    assert_eq!(judged(&stage, &invitation).await, found(&[("info", "follow_up_value")], None));
    stage.engine.stop(Duration::ZERO).await;
}

#[actix_web::test]
async fn half_an_interview_is_told_and_less_than_a_third_calls_for_a_person() {
    let stage = hearing(&[], rich(0.95)).await;
    let invitation = left_at(&stage, &open_guide(4), "q3").await;
    assert_eq!(judged(&stage, &invitation).await, found(&[("warning", "completion_rate")], None));
    stage.engine.stop(Duration::ZERO).await;

    let stage = hearing(&[], rich(0.95)).await;
    let invitation = left_at(&stage, &open_guide(10), "q3").await;
    // Two rich answers: 0.3 × 0.2 + 0.3 × 0.58 + 0.2 × 0.95 + 0.2 × 1 is 0.62, and above 0.60.
    let alerts = [("warning", "completion_rate")];
    assert_eq!(judged(&stage, &invitation).await, found(&alerts, Some("completion_rate")));
    let reason = stage.interview(&invitation).await["escalation_reason"].as_str().unwrap().to_owned();
    assert!(reason.contains("0.20 is below 0.30"), "{reason}");
    stage.engine.stop(Duration::ZERO).await;
}

#[actix_web::test]
async fn data_of_hardly_any_use_call_for_a_person() {
    let stage = hearing(&[], vec![words("Whatever.", 0.55)]).await;
    let invitation = left_at(&stage, &choices(10), "q5").await;
    let alerts = [
        ("error", "data_quality_score"),
        ("info", "information_density"),
        ("warning", "clarification_rate"),
        ("warning", "completion_rate"),
        ("warning", "stt_confidence"),
    ];
    assert_eq!(judged(&stage, &invitation).await, found(&alerts, Some("data_quality_score")));
    stage.engine.stop(Duration::ZERO).await;
}

#[actix_web::test]
async fn three_error_alerts_call_for_a_person() {
    let stage = hearing(&[], vec![words("Whatever.", 0.7)]).await;
    for metric in ["stt_confidence", "information_density", "clarification_rate"] {
        let url = format!("{}/api/quality/thresholds/{metric}", stage.caller.base);
        let set = stage.caller.http.put(url).json(&json!({ "value": null, "severity": "error" })).send().await.unwrap();
        assert_eq!(set.status(), 200);
    }
    let invitation = held(&stage, &choices(3)).await;
    // 0.3 × 1 + 0.3 × 0.06 + 0.2 × 0.7 + 0: the data's quality is another one.
    let alerts = [
        ("error", "clarification_rate"),
        ("error", "data_quality_score"),
        ("error", "information_density"),
        ("error", "stt_confidence"),
    ];
    assert_eq!(judged(&stage, &invitation).await, found(&alerts, Some("error_alerts")));
    stage.engine.stop(Duration::ZERO).await;
}

#[actix_web::test]
async fn somebody_who_asks_for_a_person_is_heard() {
    let answers = vec![words("Can I talk to a real person?", 0.95)].into_iter().chain(rich(0.95)).collect();
    let stage = hearing(&[], answers).await;
    let invitation = held(&stage, &open_guide(2)).await;
    assert_eq!(judged(&stage, &invitation).await.escalated.as_deref(), Some("person_requested"));
    stage.engine.stop(Duration::ZERO).await;
}

#[actix_web::test]
async fn nobody_who_declines_is_judged() {
    let decline = |engines: &mut Engines| {
        let no = vec!["No, I would rather not.".to_owned()];
        engines.transcriber = std::sync::Arc::new(stt::Scripted::sequence(Duration::ZERO, no));
    };
    let stage = Stage::start_as(tempfile::tempdir().unwrap(), &[PATIENT], decline).await;
    let invitation = held(&stage, &open_guide(2)).await;
    assert_eq!(judged(&stage, &invitation).await, found(&[], None));
    stage.engine.stop(Duration::ZERO).await;
}
