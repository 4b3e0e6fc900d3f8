//! What an interview will say as far as it is known beforehand, made before it is needed.
//!
//! Owns: the voice of one interview, and which of its words may rest on disk (never the respondent's name).
//! Never does: decide what is said.

use voice::inference::Priority;
use voice::tts::{Voice, Wanted};

use super::engines::Engines;

/// How one interview speaks.
#[derive(Debug, Clone)]
pub struct Script {
    pub voice: Voice,
    /// As it stands in the greeting.
    pub respondent_name: Option<String>,
}

impl Script {
    /// Whether the clip of this text may be kept on disk, where it outlives the interview.
    pub fn may_keep(&self, text: &str) -> bool {
        let name = self.respondent_name.as_deref().map(str::trim).filter(|name| !name.is_empty());
        name.is_none_or(|name| !text.contains(name))
    }

    /// A text as a clip to be had. `scripted`: it stands in the guide or is our own.
    pub fn wanted(&self, text: String, scripted: bool) -> Wanted {
        Wanted { keep: scripted && self.may_keep(&text), text }
    }

    /// Has the clips made in the background, in order.
    pub fn prepare(&self, engines: &Engines, clips: Vec<Wanted>, priority: Priority) {
        if !clips.is_empty() {
            // It goes on without us.
            drop(engines.clips.prepare(clips, self.voice.clone(), priority));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_never_rests_on_disk() {
        let voice = Voice::new("af_heart", 1.0);
        let script = Script { voice, respondent_name: Some("Olivia".into()) };
        assert!(!script.may_keep("Hello, Olivia."));
        assert!(script.may_keep("What is the hardest part?"));
        assert!(Script { respondent_name: Some(" ".into()), ..script }.may_keep("Hello."));
    }
}
