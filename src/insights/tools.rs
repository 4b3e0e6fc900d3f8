//! What insights are made with, beside words: each is there or not, and each value says which it was made with.
//!
//! Owns: opening them. Never does: stop an engine that lacks one: calls need none of them, and the lexicon serves; but what is
//! wanted and missing is told.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use interview::insight::extract::Insight;
use interview::insight::material::Material;
use interview::insight::{judged, likeness, worded};
use uuid::Uuid;

use super::minilm::MiniLm;
use crate::config::{Settings, SpeechEngine};
use crate::telemetry::Metrics;
use llm::{Ask, Llm};
use voice::inference::Inference;

/// Of a model that words a report: nobody waits for it but a task.
const DEADLINE: Duration = Duration::from_secs(90);
const TOKENS: u32 = 1_800;

/// What there is.
#[derive(Clone, Default)]
pub struct Tools {
    pub minilm: Option<MiniLm>,
    pub llm: Option<Llm>,
    pub metrics: Option<Arc<Metrics>>,
}

impl Tools {
    /// What the settings want. Reads weights: it takes a moment.
    pub async fn open(
        settings: &Settings,
        inference: Inference,
        llm: Option<Llm>,
        metrics: Option<Arc<Metrics>>,
    ) -> Self {
        let wanted = settings.insights.embeddings && settings.speech.engine == SpeechEngine::Local;
        let minilm = if wanted { minilm(settings.storage.models_dir.clone(), inference).await } else { None };
        Self { minilm, llm, metrics }
    }

    /// Lets a language model judge the answers. What fails leaves them as words alone have them.
    pub async fn judge(&self, interview_id: Uuid, material: &mut Material) {
        let Some(llm) = &self.llm else { return };
        for told in judged::told(material) {
            let ask = Ask {
                operation: "analysis",
                about: interview_id,
                keep: false,
                system: judged::SYSTEM.to_owned(),
                examples: &[],
                user: told.text,
                schema: judged::schema(),
                deadline: DEADLINE,
                max_tokens: told.tokens,
            };
            match llm.json(ask).await {
                Ok(answer) => {
                    if let Ok(judgement) = serde_json::from_value(answer.value) {
                        judged::put(material, judgement, &answer.model);
                    } else {
                        tracing::warn!("the model's judgement has another form: the lexicon's serves");
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "no judgement from the model: the lexicon's serves");
                    return;
                }
            }
        }
    }

    /// Adds what they tell to what words have told. What fails leaves that as it was.
    pub async fn refine(&self, interview_id: Uuid, insight: &mut Insight, material: &Material) {
        if let Some(minilm) = &self.minilm {
            match minilm.embed(likeness::texts(material, &insight.themes)).await {
                Ok(embeddings) => likeness::refine(insight, material, |one, other| embeddings.cosine(one, other)),
                Err(error) => tracing::warn!(%error, "likeness by words only"),
            }
        }
        let was_answered = material.spoken().next().is_some();
        if let Some(llm) = self.llm.as_ref().filter(|_| was_answered) {
            let ask = Ask {
                operation: "insights",
                about: interview_id,
                keep: false,
                system: worded::SYSTEM.to_owned(),
                examples: &[],
                user: worded::told(material),
                schema: worded::schema(),
                deadline: DEADLINE,
                max_tokens: TOKENS,
            };
            match llm.json(ask).await {
                Ok(answer) => {
                    if let Ok(wording) = serde_json::from_value(answer.value) {
                        worded::put(insight, material, wording, &answer.model);
                    } else {
                        tracing::warn!("the model's report has another form: the extractive one serves");
                    }
                }
                Err(error) => tracing::warn!(%error, "no wording from the model: the extractive report serves"),
            }
        }
    }
}

async fn minilm(models_dir: PathBuf, inference: Inference) -> Option<MiniLm> {
    let opened = tokio::task::spawn_blocking(move || MiniLm::open(&models_dir, inference)).await;
    match opened {
        Ok(Ok(minilm)) => Some(minilm),
        Ok(Err(error)) => {
            tracing::warn!(%error, "insights go by words only; `interviewer models fetch` brings what is missing");
            None
        }
        Err(error) => {
            tracing::error!(%error, "likeness can't be told");
            None
        }
    }
}
