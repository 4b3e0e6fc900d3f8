//! The models that insights use in addition to rules on words. Each may be missing, and each value
//! names the method that it was made with.
//!
//! Owns: opening them. Never does: prevent the start of an engine that lacks one. Calls need none
//! of them, and the lexicon replaces them. A configured model that is missing is logged.

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

/// The deadline for the wording of a report. Only a task waits for it.
const DEADLINE: Duration = Duration::from_secs(90);
const TOKENS: u32 = 1_800;

/// The available models.
#[derive(Clone, Default)]
pub struct Tools {
    pub minilm: Option<MiniLm>,
    pub llm: Option<Llm>,
    pub metrics: Option<Arc<Metrics>>,
}

impl Tools {
    /// Opens the models that the settings name. Reading weights takes a moment.
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

    /// Lets a language model judge the answers. If that fails, the judgement of the lexicon
    /// remains.
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
                        tracing::warn!("the model's judgement does not have the required form. The lexicon is used");
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "the model judged nothing. The lexicon is used");
                    return;
                }
            }
        }
    }

    /// Refines the insight with the models. If that fails, the insight remains as it was.
    pub async fn refine(&self, interview_id: Uuid, insight: &mut Insight, material: &Material) {
        if let Some(minilm) = &self.minilm {
            match minilm.embed(likeness::texts(material, &insight.themes)).await {
                Ok(embeddings) => likeness::refine(insight, material, |one, other| embeddings.cosine(one, other)),
                Err(error) => {
                    tracing::warn!(%error, "texts cannot be embedded. Similarity is computed from words only");
                }
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
                        tracing::warn!(
                            "the model's report does not have the required form. The extractive report is used"
                        );
                    }
                }
                Err(error) => tracing::warn!(%error, "the model worded nothing. The extractive report is used"),
            }
        }
    }
}

async fn minilm(models_dir: PathBuf, inference: Inference) -> Option<MiniLm> {
    let opened = tokio::task::spawn_blocking(move || MiniLm::open(&models_dir, inference)).await;
    match opened {
        Ok(Ok(minilm)) => Some(minilm),
        Ok(Err(error)) => {
            tracing::warn!(%error, "insights use words only. `interviewer models fetch` fetches the missing model");
            None
        }
        Err(error) => {
            tracing::error!(%error, "the embedding model cannot be opened");
            None
        }
    }
}
