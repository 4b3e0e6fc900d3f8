//! `interviewer say`: synthesizes texts into WAV files, with the voices of the engine.
//!
//! Owns: arguments and files. Never does: take part in a call.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

use crate::config::Settings;
use voice::audio::SPEAK_RATE;
use voice::inference::{Inference, Priority};
use voice::tts::{Kokoro, KokoroSettings, Synthesizer, Voice};

#[derive(Debug, Clone, Args)]
pub struct SayArgs {
    /// The voice
    #[arg(long, default_value = "am_michael")]
    voice: String,
    /// The folder for the files
    #[arg(long, value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// The texts, each of which is written to NAME.wav
    #[arg(value_name = "NAME=TEXT", required = true, value_parser = line)]
    lines: Vec<(String, String)>,
}

fn line(argument: &str) -> Result<(String, String), String> {
    let (name, text) = argument.split_once('=').ok_or("this must have the form NAME=TEXT")?;
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    if !plain {
        return Err("a name may contain only letters, digits, - and _".to_owned());
    }
    if text.trim().is_empty() {
        return Err("the text is empty".to_owned());
    }
    Ok((name.to_owned(), text.to_owned()))
}

impl SayArgs {
    pub fn run(self, settings: &Settings) -> anyhow::Result<ExitCode> {
        std::fs::create_dir_all(&self.folder).with_context(|| self.folder.display().to_string())?;
        actix::System::new().block_on(async {
            let inference = Inference::start(settings.speech.inference_threads);
            let kokoro = Kokoro::load(&settings.storage.models_dir, inference, KokoroSettings::default())?;
            let voice = Voice::new(self.voice.clone(), 1.0);
            for (name, text) in &self.lines {
                let pcm = kokoro.synthesize(text, &voice, Priority::Background).await?;
                let path = self.folder.join(format!("{name}.wav"));
                write(&path, &pcm).with_context(|| path.display().to_string())?;
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}

fn write(path: &std::path::Path, pcm: &[i16]) -> Result<(), hound::Error> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: SPEAK_RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec)?;
    for sample in pcm {
        writer.write_sample(*sample)?;
    }
    writer.finalize()
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn a_line_has_a_plain_name_and_a_text() {
        assert_eq!(line("yes=Yes, a = b.").unwrap(), ("yes".to_owned(), "Yes, a = b.".to_owned()));
        for wrong in ["yes", "=Yes.", "../up=Yes.", "yes= "] {
            assert!(line(wrong).is_err(), "{wrong}");
        }
    }
}
