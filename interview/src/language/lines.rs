//! Everything that the interviewer says of its own accord, as `languages/<code>/lines.toml` lists it.
//!
//! Owns: the form of that file, and filling in a line. Never does: choose what is said, or when.

use serde::Deserialize;

/// A language's lines.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lines {
    pub(crate) consent: ConsentLines,
    pub(crate) asides: Asides,
    pub(crate) naming: Naming,
    pub(crate) acknowledgements: Acknowledgements,
    pub(crate) concerns: Concerns,
    pub(crate) answers: Answers,
    pub(crate) farewells: Farewells,
}

macro_rules! texts {
    ($name:ident { $($field:ident),* $(,)? }) => {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name {
            $(pub $field: String,)*
        }
    };
}

texts!(ConsentLines {
    greeting,
    greeting_name,
    introduction,
    study,
    aim,
    length_one,
    length_many,
    question,
    again,
    recording,
    recording_again,
    end_call,
    unrecorded,
    conditional,
    recording_conditional,
    unheard,
    recording_unheard,
    not_recorded,
});
texts!(Asides {
    thanks,
    begin,
    of_course,
    still_there,
    take_your_time,
    again,
    go_on,
    not_caught,
    noise,
    person,
    slower,
    louder,
    strike,
    struck,
    nothing_to_strike,
    stop,
    callback,
    recording_stopped,
    recording_deleted,
    recording_kept,
    recording_off,
    please_choose,
    please_number,
    your_choices,
    or,
});
texts!(Naming {
    which_of_two,
    which_number,
    which_option,
    yes_or_no,
    number,
    email,
    phone,
    name,
    date,
    once_more,
    missing_half,
    off_topic,
});
texts!(Concerns { distress, distress_contact, distress_go_on, child, child_wait });
texts!(Answers {
    identity,
    robot,
    sponsor,
    purpose,
    duration_one,
    duration_many,
    remaining_none,
    remaining_one,
    remaining_many,
    privacy,
    recorded_yes,
    recorded_no,
    recorded_later,
    source,
    incentive,
    contact,
    other,
    noted,
});
texts!(Farewells {
    done,
    consent_declined,
    consent_unclear,
    callback,
    stopped,
    time_up,
    no_answer,
    person,
    child,
    distress,
});

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Acknowledgements {
    pub plain: Vec<String>,
    pub before_follow_up: Vec<String>,
    pub declined: String,
    pub dont_know: String,
    pub no_answer: String,
}

/// Fills in the placeholders of a line, which are names in braces.
pub(crate) fn fill(line: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(line.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}
