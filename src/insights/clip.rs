//! Audio clips of quotes, cut from the respondent's recording.
//!
//! Owns: which leg's file contains a passage. Never does: store audio. A clip is made together with
//! a report, so that nothing remains of it after the recording is deleted.

use std::collections::HashMap;
use std::fs::File;

use interview::io::Ms;
use uuid::Uuid;

use super::InsightError;
use storage::{Side, Storage};
use voice::audio::recording::{Clip, Passage, cut};

/// The audio before and after the words, because the times of a recognizer are not exact.
const LEAD_MS: Ms = 150;
const TAIL_MS: Ms = 250;

/// The place of a passage: the interview, and the first and the last millisecond on its call clock.
pub type ClipKey = (String, Ms, Ms);

/// Ogg/Opus files by place.
pub type Clips = HashMap<ClipKey, Vec<u8>>;

/// Cuts a clip for each passage whose interview was recorded.
pub async fn of_keys(storage: &Storage, keys: Vec<ClipKey>) -> Result<Clips, InsightError> {
    let mut by_interview: HashMap<String, Vec<Passage>> = HashMap::new();
    for (interview, start_ms, end_ms) in keys {
        by_interview.entry(interview).or_default().push((start_ms, end_ms));
    }
    let mut clips = Clips::new();
    for (id, mut passages) in by_interview {
        let Ok(interview) = Uuid::parse_str(&id) else { continue };
        passages.sort_unstable();
        passages.dedup();
        // Without consent to record there is nothing. Files are read only if consent was given.
        if !storage.interviews().get(interview).await.is_ok_and(|row| row.has_recording()) {
            continue;
        }
        let files = recorded(storage, interview).await;
        let wanted = passages.clone();
        let cut = tokio::task::spawn_blocking(move || best(files, &wanted)).await;
        let cut = cut.map_err(|error| InsightError::Corrupt(error.to_string()))?;
        for (passage, clip) in passages.into_iter().zip(cut) {
            if let Some(clip) = clip {
                clips.insert((id.clone(), passage.0, passage.1), clip.bytes);
            }
        }
    }
    Ok(clips)
}

/// Returns the files of the respondent's side, one for each leg. A file that cannot be read is left
/// out, because a report without some clips is better than none.
async fn recorded(storage: &Storage, interview: Uuid) -> Vec<File> {
    let mut files = Vec::new();
    let tracks = match storage.recordings().tracks(interview, Some(Side::Respondent)).await {
        Ok(tracks) => tracks,
        Err(error) => {
            tracing::warn!(%interview, %error, "a report has no clips");
            return files;
        }
    };
    for track in tracks {
        match track.open().await {
            Ok(file) => files.extend(file),
            Err(error) => tracing::warn!(%interview, %error, "a report lacks the clips of one leg"),
        }
    }
    files
}

/// Returns the clip of each passage from the leg in which it was said, because the other legs have
/// silence there. A file that cannot be read has no clips.
fn best(files: Vec<File>, passages: &[Passage]) -> Vec<Option<Clip>> {
    let heard: Vec<Passage> =
        passages.iter().map(|(start, end)| (start.saturating_sub(LEAD_MS), end + TAIL_MS)).collect();
    let mut best: Vec<Option<Clip>> = vec![None; passages.len()];
    for file in files {
        let clips = match cut(file, &heard) {
            Ok(clips) => clips,
            Err(error) => {
                tracing::warn!(%error, "a clip cannot be cut from a recording");
                continue;
            }
        };
        for (best, clip) in best.iter_mut().zip(clips) {
            let louder = clip.as_ref().map_or(0, |clip| clip.sound) > best.as_ref().map_or(0, |clip| clip.sound);
            if louder {
                *best = clip;
            }
        }
    }
    best
}
