//! Yes and no.

use serde_json::json;

use super::*;

#[test]
fn yes_no_and_neither() {
    let asked = question(json!({"id": "q", "text": "Do you use a budgeting app?", "type": "closed"}));
    let yes = [
        "Yes.",
        "Yeah, sure.",
        "Of course.",
        "You bet.",
        "I do.",
        "Sure do.",
        "We do, yes.",
        "Absolutely!",
        "I certainly do.",
        "I think so.",
        "I'm afraid so.",
        "Definitely.",
        "Yes, sometimes.",
        "I use it every day.",
        "Why wouldn't I?",
        "No doubt.",
        "Without a doubt.",
        "Uh-huh.",
        "No, yeah, I do.",
        "Always have.",
        "Who doesn't?",
        "That's right.",
        "I do indeed.",
        "I use one, yes.",
        "Oh yes, every day.",
        "Mm-hm.",
        "All the time.",
        "Yep, I have for years.",
        "Hmm, I'd say yes.",
        "As a matter of fact, I do.",
        "Well, yes.",
        "Not sure. Actually yes, I do.",
    ];
    let no = [
        "No.",
        "Nope.",
        "Absolutely not.",
        "Not really.",
        "We don't.",
        "I don't.",
        "I wish.",
        "Never have.",
        "I'm afraid not.",
        "Of course not.",
        "I don't think so.",
        "No way.",
        "Not at all.",
        "Not anymore.",
        "I used to.",
        "No, never.",
        "Yeah, no.",
        "I haven't yet.",
        "I stopped using it.",
        "Hardly.",
        "Not that I know of.",
        "Certainly not.",
        "Fat chance.",
        "I can't say I do. No.",
        "Not yet.",
        "Nah.",
        "I've never used one.",
        "No, not sometimes, never.",
        "Yes. No, wait, no.",
        "I'd say no.",
        "By no means.",
        "I don't use any apps.",
        "Nope, none.",
        "Not a chance.",
    ];
    let neither = [
        "Sometimes.",
        "It depends.",
        "Maybe.",
        "I'm not sure.",
        "Yes and no.",
        "Kind of.",
        "I don't know.",
        "On and off.",
        "Hard to say.",
        "Purple.",
        "The weather is nice.",
        "Not always.",
        "Could be.",
    ];
    let cases: Vec<(&str, Option<Value>)> = yes
        .iter()
        .map(|text| (*text, Some(Value::Yes(true))))
        .chain(no.iter().map(|text| (*text, Some(Value::Yes(false)))))
        .chain(neither.iter().map(|text| (*text, None)))
        .collect();
    check(&asked, &cases);
}
