//! Prints the conversation while it happens.
//!
//! Owns: lines with times and speakers, without colours if the output is not a terminal. Never
//! does: delay the call. Its queue may lose lines.

use std::io::Write;
use std::time::{Duration, Instant};

use interview::io::{CallState, Notice, Speaker};
use tokio::sync::mpsc;

use super::client::EngineMessage;

/// An event that is printed.
#[derive(Debug, Clone)]
pub enum DemoEvent {
    /// A step of the demo itself.
    Step(String),
    Told(EngineMessage),
    /// The persona begins to say this.
    Says {
        text: String,
    },
}

/// The style of the lines.
#[derive(Debug, Clone)]
pub struct Style {
    pub colour: bool,
    pub persona: String,
}

/// Prints events until the queue closes.
pub async fn show(mut events: mpsc::Receiver<DemoEvent>, mut out: impl Write + Send, style: Style) {
    let began = Instant::now();
    let mut last_state = None;
    while let Some(event) = events.recv().await {
        if let Some(line) = line(&event, &mut last_state, &style, began.elapsed()) {
            // An error of a closed terminal must not end the call.
            let _ = writeln!(out, "{line}");
            let _ = out.flush();
        }
    }
}

/// Returns a line of the form `mm:ss.s  who  what`, or `None` for an event that is not printed.
fn line(event: &DemoEvent, last: &mut Option<CallState>, style: &Style, at: Duration) -> Option<String> {
    let (who, what, paint) = match event {
        DemoEvent::Step(text) => ("·".to_owned(), text.clone(), "2"),
        DemoEvent::Says { text } => (style.persona.clone(), text.clone(), "32"),
        DemoEvent::Told(message) => told(&message.notice, last)?,
    };
    let tenths = at.as_millis() / 100;
    let clock = format!("{:02}:{:02}.{}", tenths / 600, tenths / 10 % 60, tenths % 10);
    let text = format!("{who:<12}  {what}");
    Some(if style.colour {
        format!("\x1b[2m{clock}\x1b[0m  \x1b[{paint}m{text}\x1b[0m")
    } else {
        format!("{clock}  {text}")
    })
}

fn told(notice: &Notice, last: &mut Option<CallState>) -> Option<(String, String, &'static str)> {
    let engine = |what: String| Some(("·".to_owned(), what, "2"));
    match notice {
        Notice::State { value, .. } => {
            if last.replace(*value) == Some(*value) {
                return None;
            }
            let name = match value {
                CallState::Connecting => "connecting",
                CallState::Preparing => "preparing",
                CallState::Listening => "listening",
                CallState::Thinking => "thinking",
                CallState::Speaking => "speaking",
                CallState::Paused => "paused",
                CallState::Ended => "ended",
            };
            engine(format!("[{name}]"))
        }
        Notice::Caption { speaker, text, r#final, .. } if *r#final => match speaker {
            Speaker::Interviewer => Some(("Interviewer".to_owned(), text.clone(), "36")),
            Speaker::Respondent => Some(("understood".to_owned(), format!("“{text}”"), "2")),
        },
        Notice::Caption { .. } => None,
        Notice::Question { id, number, of, follow_up_of, .. } => engine(match follow_up_of {
            Some(parent) => format!("follow-up on {parent}"),
            None => format!("question {number} of {of}: {id}"),
        }),
        Notice::Consent { participation, recording } => {
            let word = |given: &Option<bool>| match given {
                None => "open",
                Some(true) => "yes",
                Some(false) => "no",
            };
            engine(format!("consent: taking part {}, recording {}", word(participation), word(recording)))
        }
        Notice::Error { title, detail, .. } => Some(("error".to_owned(), format!("{title}: {detail}"), "31")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told_line(notice: Notice, last: &mut Option<CallState>) -> Option<String> {
        let style = Style { colour: false, persona: "Dana".to_owned() };
        let event = DemoEvent::Told(EngineMessage { seq: 1, notice });
        line(&event, last, &style, Duration::from_millis(83_450))
    }

    #[test]
    fn lines_carry_time_and_speaker_and_no_colour() {
        let caption = Notice::Caption {
            speaker: Speaker::Interviewer,
            text: "Hello.".to_owned(),
            r#final: true,
            start_ms: 0,
            end_ms: 1,
        };
        assert_eq!(told_line(caption, &mut None).unwrap(), "01:23.4  Interviewer   Hello.");
    }

    #[test]
    fn a_state_is_shown_when_it_changes() {
        let mut last = None;
        let listening = Notice::state(CallState::Listening);
        assert!(told_line(listening.clone(), &mut last).is_some());
        assert!(told_line(listening, &mut last).is_none());
    }

    #[test]
    fn colour_is_for_terminals() {
        let style = Style { colour: true, persona: "Dana".to_owned() };
        let says = DemoEvent::Says { text: "Yes.".to_owned() };
        assert!(line(&says, &mut None, &style, Duration::ZERO).unwrap().contains("\x1b["));
    }
}
