//! The supervisor over a log that is written by hand: what takes minutes in a call, and what fails. On both databases.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use entity::{Resolution, Severity, alerts};
use interview::analysis::Analysis;
use interview::io::{EndStatus, Endpointing, Event, Response, TurnTiming, Word};
use interview::quality::Severity::{Critical, Error, Warning};
use interview::quality::{Metric, Thresholds};
use interviewer::fleet::Leases;
use interviewer::supervised::Stack;
use interviewer::supervisors::components::{self, Sources};
use interviewer::supervisors::quality::Parts;
use interviewer::supervisors::{Incidents, Patience, Persistence, Quality};
use interviewer::telemetry::Metrics;
use interviewer::telemetry::metrics::Failure;
use serde_json::json;
use storage::thresholds::Origin;
use storage::{Actor, AlertFilter, Edit, EventRecord, Storage};
use uuid::Uuid;

use super::calls::RICH;
use crate::support::caller::LIMIT;
use crate::support::{Home, new_interview, store};

/// A store, its writer and its supervisor.
struct Engine {
    /// Gone when dropped.
    _home: Home,
    storage: Storage,
    metrics: Arc<Metrics>,
    persistence: Persistence,
    quality: Quality,
    /// Of the writer.
    _writing: Stack,
    /// Of the supervisor.
    watching: Stack,
}

impl Engine {
    async fn start() -> Self {
        let (home, storage) = store().await;
        let metrics = Arc::new(Metrics::new().unwrap());
        let mut writing = Stack::new(Arc::clone(&metrics)).unwrap();
        let (incidents, patience) = (Incidents::default(), Patience::default());
        let leases = Leases::new(storage.clone(), "test".to_owned(), None);
        let persistence = Persistence::start(
            &mut writing,
            storage.clone(),
            Arc::clone(&metrics),
            incidents.clone(),
            leases,
            patience,
        )
        .unwrap();
        let sources = Sources {
            storage: storage.clone(),
            metrics: Arc::clone(&metrics),
            board: writing.board(),
            incidents,
            quiet: Duration::from_secs(1),
        };
        components::start(&mut writing, sources).unwrap();
        let (watching, quality) = Self::supervise(&storage, &metrics, &persistence);
        Self { _home: home, storage, metrics, persistence, quality, _writing: writing, watching }
    }

    fn supervise(storage: &Storage, metrics: &Arc<Metrics>, persistence: &Persistence) -> (Stack, Quality) {
        let mut watching = Stack::new(Arc::clone(metrics)).unwrap();
        let parts = Parts { storage: storage.clone(), metrics: Arc::clone(metrics), defaults: Thresholds::default() };
        let quality = Quality::start(&mut watching, parts, persistence.clone()).unwrap();
        (watching, quality)
    }

    /// The supervisor ends, and `unseen` happens before the next one begins.
    async fn between_two(mut self, unseen: impl AsyncFnOnce(&Storage)) -> Self {
        self.watching.stop().await;
        unseen(&self.storage).await;
        (self.watching, self.quality) = Self::supervise(&self.storage, &self.metrics, &self.persistence);
        assert!(self.quality.settle().await);
        self
    }

    async fn append(&self, interview_id: Uuid, records: Vec<EventRecord>) {
        self.persistence.append(interview_id, None, records).await.unwrap().unwrap();
        assert!(self.quality.settle().await);
    }

    /// Newest first.
    async fn alerts(&self) -> Vec<alerts::Model> {
        self.storage.alerts().list(AlertFilter { limit: 100, ..AlertFilter::default() }).await.unwrap()
    }

    async fn until(&self, what: &str, wanted: impl Fn(&[alerts::Model]) -> bool) {
        let looking = async {
            while !wanted(&self.alerts().await) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(LIMIT, looking).await.unwrap_or_else(|_| panic!("{what} in time"));
    }
}

/// An interview of ten required questions in ten minutes whose events are made up.
struct Written {
    id: Uuid,
    seq: i64,
}

impl Written {
    async fn begun(engine: &Engine) -> Self {
        let questions: Vec<_> = (1..=10)
            .map(|n| json!({ "id": format!("q{n}"), "text": format!("What is {n}?"), "required": true }))
            .collect();
        let guide = serde_json::from_value(json!({
            "name": "Ten", "research_objective": "Ten things", "estimated_duration_minutes": 10,
            "sections": [{ "id": "s", "section_name": "S", "order": 1, "questions": questions }],
        }))
        .unwrap();
        let guide = engine.storage.guides().create(&guide, None, Actor::ENGINE).await.unwrap().id;
        let id = engine.storage.interviews().schedule(new_interview(guide), Actor::ENGINE).await.unwrap().0.id;
        let mut written = Self { id, seq: 0 };
        let begin = vec![
            written.record(0, Event::LegConnected { leg: 1 }),
            written.record(0, Event::ConsentAnswered { recording: false, given: true }),
        ];
        engine.append(id, begin).await;
        written
    }

    fn record(&mut self, at_ms: u64, event: Event) -> EventRecord {
        self.seq += 1;
        EventRecord { seq: self.seq, at_ms, event, actor: "interview".to_owned() }
    }

    async fn at(&mut self, engine: &Engine, ms: u64, event: Event) {
        let record = self.record(ms, event);
        engine.append(self.id, vec![record]).await;
    }

    async fn answered(&mut self, engine: &Engine, number: u32, ms: u64) {
        let text = RICH[number as usize % RICH.len()];
        let question_text = format!("What is {number}?");
        let words: Vec<Word> = text
            .split(' ')
            .map(|word| Word { text: word.to_owned(), start_ms: ms, end_ms: ms, confidence: 0.95 })
            .collect();
        let response = Response {
            asking: number,
            question_id: format!("q{number}"),
            section: "S".to_owned(),
            question_text: question_text.clone(),
            text: text.to_owned(),
            analysis: Analysis::of(&question_text, &words),
            words,
            asked_ms: ms,
            answered_ms: ms,
            response_time_ms: 0,
            is_follow_up: false,
            parent: None,
            value: None,
            class: interview::understanding::AnswerClass::Answered,
            flags: Vec::new(),
            is_complete: true,
            requires_clarification: false,
            endpointing: Endpointing::default(),
        };
        self.at(engine, ms, Event::Answered { response: Box::new(response) }).await;
    }
}

#[actix_web::test]
async fn poor_projections_raise_escalate_and_recover() {
    let engine = Engine::start().await;
    let mut interview = Written::begun(&engine).await;
    interview.answered(&engine, 1, 140_000).await;
    interview.answered(&engine, 2, 480_000).await;
    assert!(engine.alerts().await.is_empty(), "one poor projection is patience");
    interview.answered(&engine, 3, 590_000).await;
    let open = engine.alerts().await;
    // The answers are rich: what there is of data is of use.
    let [alert] = &open[..] else { panic!("{open:#?}") };
    assert_eq!(alert.metric_name, "completion_rate");
    assert!(alert.resolved_at.is_none() && alert.interview_id == Some(interview.id));
    let row = engine.storage.interviews().get(interview.id).await.unwrap();
    assert!(!row.requires_human_review, "0.25 came first, but 0.31 is not below 0.30");

    for number in 4..=8 {
        interview.answered(&engine, number, 600_000).await;
    }
    let all = engine.alerts().await;
    assert_eq!(all.len(), 1, "{all:#?}");
    assert!(all.iter().all(|alert| alert.resolution == Some(Resolution::Recovered)), "{all:#?}");
    interview.at(&engine, 601_000, Event::Ended { status: EndStatus::Completed, reason: None }).await;
    assert_eq!(engine.alerts().await.len(), 1, "0.8 is well");
    engine.watching.stop().await;
}

#[actix_web::test]
async fn a_supervisor_that_begins_anew_finds_what_it_missed_and_nothing_twice() {
    let engine = Engine::start().await;
    let mut interview = Written::begun(&engine).await;
    let slow =
        |first_audio| Event::TurnTimed { asking: 1, timing: TurnTiming { first_audio, ..TurnTiming::default() } };
    interview.at(&engine, 1_000, slow(4_000)).await;
    let first = engine.alerts().await;
    assert_eq!(first.len(), 1);

    // Nobody sees how it recovers, is slow again, and how another one ends.
    let recovered = vec![interview.record(2_000, slow(500)), interview.record(3_000, slow(5_000))];
    let unseen = async |storage: &Storage| drop(storage.event_log().append(interview.id, &recovered).await.unwrap());
    let engine = engine.between_two(unseen).await;
    let open = engine.alerts().await;
    assert_eq!(open, first, "slow is slow: the same one is open, and no other");

    // Of one that has recovered unseen the alert is over.
    let recovered = [interview.record(4_000, slow(500))];
    let unseen = async |storage: &Storage| drop(storage.event_log().append(interview.id, &recovered).await.unwrap());
    let engine = engine.between_two(unseen).await;
    assert_eq!(engine.alerts().await[0].resolution, Some(Resolution::Recovered));

    // Ended from outside: nobody tells the supervisor, the next one finds it by its missing measurements.
    let by = Edit::by(Actor::ENGINE);
    engine.storage.interviews().end(interview.id, EndStatus::Cancelled, "operator", &by).await.unwrap();
    let engine = engine.between_two(async |_| ()).await;
    assert!(engine.alerts().await.iter().any(|alert| alert.metric_name == "completion_rate"));
    let row = engine.storage.interviews().get(interview.id).await.unwrap();
    assert!(row.requires_human_review && row.escalation_reason.unwrap().contains("0.00 is below 0.30"));
    let missing = engine.storage.measurements().missing(Utc::now() - chrono::Duration::days(1), 10).await.unwrap();
    assert!(missing.is_empty(), "its measurements are there: {missing:?}");
    engine.watching.stop().await;
}

#[actix_web::test]
async fn what_a_person_has_resolved_stays_so_until_it_happens_again() {
    let engine = Engine::start().await;
    let mut interview = Written::begun(&engine).await;
    let slow =
        |first_audio| Event::TurnTimed { asking: 1, timing: TurnTiming { first_audio, ..TurnTiming::default() } };
    interview.at(&engine, 1_000, slow(4_000)).await;
    let first = engine.alerts().await.remove(0);
    engine.storage.alerts().resolve(first.id, None, Actor::ENGINE).await.unwrap();
    interview.at(&engine, 2_000, slow(4_000)).await;
    assert_eq!(engine.alerts().await.len(), 1, "it is the same matter still");
    interview.at(&engine, 3_000, slow(500)).await;
    interview.at(&engine, 4_000, slow(4_000)).await;
    let all = engine.alerts().await;
    assert_eq!(all.len(), 2, "and now another one");
    assert_eq!(engine.storage.alerts().get(first.id).await.unwrap().resolution, Some(Resolution::Person));
    engine.watching.stop().await;
}

#[actix_web::test]
async fn a_part_that_fails_is_critical_until_it_works_and_hands_nobody_over() {
    let engine = Engine::start().await;
    let interview = Written::begun(&engine).await;
    engine.metrics.count_failure(Failure::Synthesis);
    engine.metrics.count_failure(Failure::Synthesis);
    engine.until("the alert", |alerts| alerts.len() == 1).await;
    let alert = engine.alerts().await.remove(0);
    assert_eq!((alert.severity, alert.metric_name.as_str()), (Severity::Critical, "component.tts"));
    assert_eq!(alert.interview_id, None);
    engine.until("its end", |alerts| alerts[0].resolution == Some(Resolution::Recovered)).await;
    assert!(!engine.storage.interviews().get(interview.id).await.unwrap().requires_human_review);
    // The next time is another occasion.
    engine.metrics.count_failure(Failure::Synthesis);
    engine.metrics.count_failure(Failure::Synthesis);
    engine.until("another one", |alerts| alerts.len() == 2).await;
    engine.watching.stop().await;
}

#[tokio::test]
async fn thresholds_are_the_guides_else_the_workspaces_else_the_settings() {
    let (_home, storage) = store().await;
    let guide = storage.guides().create(&crate::support::guide(), None, Actor::ENGINE).await.unwrap().id;
    let other = storage.guides().create(&crate::support::guide(), None, Actor::ENGINE).await.unwrap().id;
    let defaults = Thresholds::default();
    let of = async |guide| {
        let all = storage.thresholds().effective(&defaults, guide).await.unwrap();
        let one = all.into_iter().find(|one| one.metric == Metric::CompletionRate).unwrap();
        (one.threshold.value, one.threshold.severity, one.origin)
    };
    assert_eq!(of(Some(guide)).await, (0.7, Warning, Origin::Settings));
    let before = storage.thresholds().stamp().await.unwrap();
    let set = async |guide, value, severity| {
        storage.thresholds().set(Metric::CompletionRate, guide, value, severity, Actor::ENGINE).await.unwrap();
    };
    set(None, Some(0.8), Some(Severity::Error)).await;
    assert_eq!(of(Some(guide)).await, (0.8, Error, Origin::Workspace));
    set(Some(guide), Some(0.9), None).await;
    assert_eq!(of(Some(guide)).await, (0.9, Error, Origin::CallGuide), "the severity is the workspace's");
    assert_eq!(of(Some(other)).await, (0.8, Error, Origin::Workspace));
    assert_ne!(storage.thresholds().stamp().await.unwrap(), before);
    set(Some(guide), None, Some(Severity::Critical)).await;
    assert_eq!(of(Some(guide)).await, (0.8, Critical, Origin::Workspace), "a new setting replaces the old one");
    set(None, None, None).await;
    assert_eq!(of(Some(guide)).await, (0.7, Critical, Origin::Settings));
    let elsewhere = storage.of(storage.workspaces().create("other", Actor::ENGINE).await.unwrap().id);
    assert!(
        elsewhere.thresholds().set(Metric::CompletionRate, Some(guide), Some(0.5), None, Actor::ENGINE).await.is_err()
    );
    assert_eq!(elsewhere.thresholds().resolve(&defaults, None).await.unwrap(), defaults);
    storage.guides().delete(guide, &Edit::by(Actor::ENGINE)).await.unwrap();
    assert_eq!(storage.thresholds().resolve(&defaults, None).await.unwrap(), defaults, "they go with their guide");
}
