//! What respondents ask is answered from a set of true answers, and the same asking continues.

use super::*;
use interview::io::Output;
use interview::understanding::Topic;

const OWN: &str = "answers_to_respondents:\n  sponsor: It is for the University of Leeds.\n  privacy: Only our team hears it.\n  \
    incentive: You get a voucher.\n  contact: Please write to us.";

/// What is asked, its topic, the answer without texts of the guide, the answer with them, and
/// whether it is answered without them.
const ASKED: [(&str, Topic, &str, &str, bool); 14] = [
    (
        "Who is calling?",
        Topic::Identity,
        "I am an automated interviewer, calling for a study called Tools at work.",
        "",
        true,
    ),
    ("Are you a robot?", Topic::Robot, "I am an automated interviewer, not a person.", "", true),
    (
        "Who is this for?",
        Topic::Sponsor,
        "I don't know who commissioned this study.",
        "It is for the University of Leeds.",
        false,
    ),
    ("Why are you asking me this?", Topic::Purpose, "This is for a study called Tools at work.", "", true),
    ("How long will this take?", Topic::Duration, "It takes about 10 minutes in all.", "", true),
    ("How many questions are left?", Topic::Remaining, "There is one question left after this one.", "", true),
    (
        "Who hears this?",
        Topic::Privacy,
        "What you say goes to the people who run this study",
        "Only our team hears it.",
        true,
    ),
    (
        "What happens with my answers?",
        Topic::Privacy,
        "What you say goes to the people who run this study",
        "Only our team hears it.",
        true,
    ),
    (
        "Is this anonymous?",
        Topic::Privacy,
        "What you say goes to the people who run this study",
        "Only our team hears it.",
        true,
    ),
    ("Is this being recorded?", Topic::Recorded, "Yes, it is being recorded, as you agreed to.", "", true),
    ("Where did you get my number?", Topic::Source, "I don't know where your contact details came from.", "", false),
    (
        "What do I get for this?",
        Topic::Incentive,
        "I don't know whether there is anything for taking part.",
        "You get a voucher.",
        false,
    ),
    (
        "Who can I write to about this?",
        Topic::Contact,
        "I have no contact details of the people who run this study.",
        "Please write to us.",
        false,
    ),
    ("What's the weather like where you are?", Topic::Other, "I'm afraid I can't answer that.", "", false),
];

#[test]
fn every_question_is_answered_and_the_asking_goes_on() {
    for own_texts in [false, true] {
        let guide = guide_of(OPEN, if own_texts { OWN } else { "" });
        for (text, topic, plain, own, answered) in ASKED {
            let mut call = at_question(guide.clone());
            let said = exchange(&mut call, text);
            let (own, answered) = if own_texts && !own.is_empty() { (own, true) } else { (plain, answered) };
            assert!(said.starts_with(own), "{text}: {said}");
            assert!(said.ends_with("How do you keep track of your work?"), "{text}: {said}");
            let noted = one(&call, |event| match event {
                Event::RespondentAsked { topic, answered, text } => Some((*topic, *answered, text.clone())),
                _ => None,
            });
            assert_eq!(noted, Some((topic, answered, (!answered).then(|| text.to_owned()))), "{text}");
            assert!(call.responses().is_empty(), "{text}");
            exchange(&mut call, PLAIN);
            assert_eq!(stored(&call).text, PLAIN, "{text}");
            goes_on_to_the_end(&mut call);
        }
    }
}

#[test]
fn before_consent_only_the_class_of_a_question_is_kept() {
    for (text, topic, plain, _, answered) in ASKED {
        if matches!(topic, Topic::Recorded | Topic::Remaining) {
            continue;
        }
        let mut call = opened(guide_with(OPEN));
        let said = exchange(&mut call, text);
        assert!(said.starts_with(plain) && said.ends_with("Would you like to take part?"), "{text}: {said}");
        let event = Event::RespondentAsked { topic, answered, text: None };
        assert!(call.events.iter().any(|(_, one)| *one == event), "{text}: {:?}", call.events);
        assert_eq!((count(&call, "consent_asked"), call.interview.state().consent), (1, None), "{text}");
        exchange(&mut call, "Yes.");
        exchange(&mut call, "Yes.");
        goes_on_to_the_end(&mut call);
    }
}

#[test]
fn what_a_question_means_is_said_from_its_context() {
    let mut call = at_question(guide_with("text: 'How do you keep track?', context: 'Any list or calendar counts.'"));
    let said = exchange(&mut call, "What do you mean?");
    assert_eq!(said, "Any list or calendar counts. How do you keep track?");
    assert!(call.responses().is_empty() && call.ended().is_none());
    goes_on_to_the_end(&mut call);
}

#[test]
fn without_a_context_a_question_is_reworded_or_said_slowly() {
    let mut call = at_question(guide_with("text: 'How good is it?', type: scale, scale: {min: 1, max: 10}"));
    let said = exchange(&mut call, "What do you mean?");
    assert_eq!(said, "Please answer with a number from 1 to 10. How good is it?");
    exchange(&mut call, "Seven.");
    goes_on_to_the_end(&mut call);
    let mut call = at_question(guide_with(OPEN));
    call.outputs.clear();
    let said = exchange(&mut call, "What do you mean?");
    assert_eq!(said, "Let me ask that again. How do you keep track of your work?");
    let rates: Vec<f32> = call
        .outputs
        .iter()
        .filter_map(|output| if let Output::AdjustSpeech { rate, .. } = output { Some(*rate) } else { None })
        .collect();
    assert_eq!(rates, [0.85, 1.0]);
    goes_on_to_the_end(&mut call);
}
