//! A study as a zip archive, written sequentially.
//!
//! | entry | content |
//! |---|---|
//! | `study.json`, `responses.csv` | the same as in the other formats |
//! | `transcripts/<interview>.json`, `.txt`, `.vtt` | if anything was said |
//! | `recordings/<interview>/<side>.ogg` | if the respondent consented to recording: one file for each side and leg |

use std::io::{self, Write};

use interview::Guide;
use uuid::Uuid;
use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, StreamWriter, ZipWriter};

use super::{ExportError, Pages, rows};
use storage::StorageError;

pub(super) fn write(out: &mut impl Write, guide: &Guide, pages: &Pages) -> Result<(), ExportError> {
    let mut zip = ZipWriter::new_stream(out);
    // The sizes are not known in advance, so the format for files over 4 GB is used.
    let text = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).large_file(true);
    zip.start_file("study.json", text)?;
    rows::json(&mut zip, guide, pages)?;
    zip.start_file("responses.csv", text)?;
    rows::csv(&mut zip, pages)?;
    pages.for_each(|(interview, _)| {
        transcript(&mut zip, pages, interview.id, text)?;
        if interview.has_recording() {
            recordings(&mut zip, pages, interview.id)?;
        }
        Ok(())
    })?;
    zip.finish()?;
    Ok(())
}

fn transcript<W: Write>(
    zip: &mut ZipWriter<StreamWriter<W>>,
    pages: &Pages,
    id: Uuid,
    options: SimpleFileOptions,
) -> Result<(), ExportError> {
    let transcript = match pages.runtime.block_on(pages.storage.transcripts().of_interview(id)) {
        Ok(transcript) if transcript.turns.is_empty() => return Ok(()),
        Ok(transcript) => transcript,
        // The person's words have been erased, as was requested.
        Err(StorageError::Erased) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    zip.start_file(format!("transcripts/{id}.json"), options)?;
    serde_json::to_writer(&mut *zip, &transcript)?;
    zip.start_file(format!("transcripts/{id}.txt"), options)?;
    zip.write_all(transcript.to_text().as_bytes())?;
    zip.start_file(format!("transcripts/{id}.vtt"), options)?;
    Ok(zip.write_all(transcript.to_vtt().as_bytes())?)
}

fn recordings<W: Write>(zip: &mut ZipWriter<StreamWriter<W>>, pages: &Pages, id: Uuid) -> Result<(), ExportError> {
    // Opus is already compressed.
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored).large_file(true);
    let tracks = pages.runtime.block_on(pages.storage.recordings().tracks(id, None))?;
    for track in tracks {
        // A recording that was erased in the meantime does not affect the others.
        let Some(mut file) = pages.runtime.block_on(track.open())? else { continue };
        zip.start_file(format!("recordings/{id}/{}", track.name), options)?;
        io::copy(&mut file, zip)?;
    }
    Ok(())
}
