//! The insight of one interview.

use entity::insight_extractions;
use interview::insight::extract::Insight;
use interview::insight::extract::extract;
use interview::insight::finding::Conflict;
use interview::insight::material::{Answer, Material};
use interview::insight::method;
use interview::insight::quote::Dropped;
use serde_json::json;
use uuid::Uuid;

use super::{InsightError, Tools, material};
use storage::insights::AnswerUpdate;
use storage::{Actor, NewInsight, Storage};

/// The summary of an interview made by `interviewer seed`. Its answers are stored, and there is no
/// log with the times of the words.
const MADE_UP: &str = "This interview was made up by interviewer seed. It has no event log, so there is no transcript \
                       and nothing to quote.";

/// Extracts and stores an insight. With the id of a task, it is stored once, however often the task
/// is retried.
pub async fn of_interview(
    storage: &Storage,
    tools: &Tools,
    interview_id: Uuid,
    task_id: Option<Uuid>,
    actor: &Actor,
) -> Result<insight_extractions::Model, InsightError> {
    let mut material = material::load(storage, interview_id).await?;
    tools.judge(interview_id, &mut material).await;
    let mut insight = extract(&material);
    tools.refine(interview_id, &mut insight, &material).await;
    // Every quote is verified, whoever added it.
    insight.verify(&material);
    if let Some(metrics) = &tools.metrics {
        for reason in Dropped::ALL {
            let count = insight.dropped_quotes.get(&reason).copied().unwrap_or_default();
            metrics.insight_quotes_dropped_total.with_label_values(&[reason.as_str()]).inc_by(count as f64);
        }
    }
    let interview = storage.interviews().get(interview_id).await?;
    if interview.is_seeded() && material.answers.is_empty() {
        MADE_UP.clone_into(&mut insight.executive_summary);
    }
    let call_guide_id = interview.call_guide_id;
    let new = NewInsight {
        interview_id: Some(interview_id),
        interview_ids: vec![interview_id],
        call_guide_id: Some(call_guide_id),
        window: (None, None),
        answers: told(&material, &insight)?,
        insight,
        themes: None,
        statistics: json!({}),
        task_id,
    };
    Ok(storage.insights().keep(new, actor).await?)
}

/// Returns what was found about single answers after the call, by a language model and by meaning.
fn told(material: &Material, insight: &Insight) -> Result<Vec<AnswerUpdate>, InsightError> {
    let by_meaning = |answer: &Answer| -> Vec<Conflict> {
        let of_this = |found: &&Conflict| found.later.response_id == answer.id && found.method == method::EMBEDDING;
        insight.contradictions.iter().filter(of_this).cloned().collect()
    };
    let mut told = Vec::new();
    for answer in &material.answers {
        let contradictions = by_meaning(answer);
        if answer.judged.is_empty() && contradictions.is_empty() {
            continue;
        }
        let response_id = answer
            .id
            .parse()
            .map_err(|_| InsightError::Corrupt(format!("the answer {} has no valid id", answer.id)))?;
        let (analysis, judged) = (answer.analysis.clone(), answer.judged.clone());
        told.push(AnswerUpdate { response_id, analysis, judged, contradictions });
    }
    Ok(told)
}
