//! Options of multiple choice questions.

use serde_json::json;

use super::*;

fn choices(select: &str, allow_none: bool, options: &[&str]) -> Question {
    let options: Vec<_> = options.iter().map(|text| json!({"id": crate::guide::slug(text), "text": text})).collect();
    question(
        json!({"id": "q", "text": "Which?", "type": "multiple_choice", "select": select, "allow_none": allow_none, "options": options}),
    )
}

#[allow(clippy::unnecessary_wraps)]
fn o(ids: &str) -> Option<Value> {
    Some(Value::Options(ids.split(' ').filter(|id| !id.is_empty()).map(str::to_owned).collect()))
}

#[test]
fn one_of_some() {
    let often =
        choices("one", false, &["Every day", "Once a week", "More than once a week", "Less than once a week", "Never"]);
    check(
        &often,
        &[
            ("Every day.", o("every-day")),
            ("About once a week, I think.", o("once-a-week")),
            ("More than once a week.", o("more-than-once-a-week")),
            ("Less than once a week, really.", o("less-than-once-a-week")),
            ("Daily.", o("every-day")),
            ("Weekly.", o("once-a-week")),
            ("I never do that.", o("never")),
            ("Never.", o("never")),
            ("Option two.", o("once-a-week")),
            ("Number three", o("more-than-once-a-week")),
            ("B", o("once-a-week")),
            ("B, please.", o("once-a-week")),
            ("Answer C.", o("more-than-once-a-week")),
            ("The second one.", o("once-a-week")),
            ("The last one.", o("never")),
            ("The first.", o("every-day")),
            ("Second to last.", o("less-than-once-a-week")),
            ("Not every day, once a week.", o("once-a-week")),
            ("Once a week. No, wait, every day.", o("every-day")),
            ("Every day or once a week.", None),
            ("Every day or once a week, probably once a week.", o("once-a-week")),
            ("First of all, hello.", None),
            ("Purple.", None),
            ("It was every day before, now it's once a week.", o("once-a-week")),
            ("Five.", o("never")),
            ("Six.", None),
        ],
    );
    let contact = choices("one", false, &["By post", "By email"]);
    check(
        &contact,
        &[
            ("Not by post, by email.", o("by-email")),
            ("By email, not by post.", o("by-email")),
            ("Anything but email.", o("by-post")),
            ("Not email.", o("by-post")),
            ("Email rather than post.", o("by-email")),
            ("I prefer email over post.", o("by-email")),
            ("E-mail, please.", o("by-email")),
            ("A letter.", o("by-post")),
            ("Both.", None),
            ("Neither.", None),
            ("Post, no, email.", o("by-email")),
            ("The latter.", o("by-email")),
            ("The former.", o("by-post")),
            ("I don't like post, so email.", o("by-email")),
            ("Mostly email, sometimes post.", o("by-email")),
            ("Post isn't for me.", o("by-email")),
        ],
    );
    let happy = choices(
        "one",
        false,
        &["Very satisfied", "Satisfied", "Neither satisfied nor dissatisfied", "Dissatisfied", "Very dissatisfied"],
    );
    check(
        &happy,
        &[
            ("I'm very satisfied.", o("very-satisfied")),
            ("Satisfied, I'd say.", o("satisfied")),
            ("Dissatisfied.", o("dissatisfied")),
            ("Really dissatisfied.", o("very-dissatisfied")),
            ("Neither satisfied nor dissatisfied.", o("neither-satisfied-nor-dissatisfied")),
            ("The middle one.", o("neither-satisfied-nor-dissatisfied")),
        ],
    );
    let age = choices("one", false, &["Under 18", "18 to 34", "35 to 64", "65 or older"]);
    check(
        &age,
        &[
            ("I'm thirty-two.", o("18-to-34")),
            ("Eighteen to thirty-four.", o("18-to-34")),
            ("I'm seventy.", o("65-or-older")),
            ("Sixteen", o("under-18")),
            ("Sixty-five or older.", o("65-or-older")),
            ("The third one.", o("35-to-64")),
        ],
    );
    let sure = choices("one", false, &["Yes", "No", "Not sure"]);
    check(
        &sure,
        &[
            ("Yeah.", o("yes")),
            ("Nope.", o("no")),
            ("No, I don't.", o("no")),
            ("Absolutely.", o("yes")),
            ("Definitely not.", o("no")),
            ("I'm not sure.", o("not-sure")),
            ("I don't know.", o("not-sure")),
            ("No idea.", o("not-sure")),
        ],
    );
    let reasons = choices(
        "one",
        false,
        &["The price was too high", "The quality was poor", "Delivery took too long", "Something else"],
    );
    check(
        &reasons,
        &[
            ("The price.", o("the-price-was-too-high")),
            ("It was the poor quality.", o("the-quality-was-poor")),
            ("Delivery, it took ages.", o("delivery-took-too-long")),
            ("Something else.", o("something-else")),
            ("The quality, mainly. The price was fine.", o("the-quality-was-poor")),
        ],
    );
    let travel = choices("one", true, &["By car", "By train", "On foot", "By bicycle"]);
    check(
        &travel,
        &[
            ("I drive.", o("by-car")),
            ("I take the train.", o("by-train")),
            ("I walk.", o("on-foot")),
            ("I cycle.", o("by-bicycle")),
            ("My bike.", o("by-bicycle")),
            ("I used to drive, now I take the train.", o("by-train")),
            ("I don't drive, I walk.", o("on-foot")),
            ("None of these.", o("")),
            ("Neither.", o("")),
            ("None of them, I work from home.", o("")),
        ],
    );
}

#[test]
fn several_of_some() {
    let tools = choices("many", true, &["Email", "Phone", "Chat", "Video calls"]);
    check(
        &tools,
        &[
            ("Email and chat.", o("email chat")),
            ("Email, phone and video calls.", o("email phone video-calls")),
            ("All of them.", o("email phone chat video-calls")),
            ("All four.", o("email phone chat video-calls")),
            ("Everything but chat.", o("email phone video-calls")),
            ("All except email and phone.", o("chat video-calls")),
            ("Email, but not chat.", o("email")),
            ("The first and the third.", o("email chat")),
            ("The first two.", o("email phone")),
            ("The last two.", o("chat video-calls")),
            ("A and D.", o("email video-calls")),
            ("One and three.", o("email chat")),
            ("Options two and three.", o("phone chat")),
            ("None of those.", o("")),
            ("I don't use any of them.", o("")),
            ("Just email.", o("email")),
            ("Email and phone, no, email and chat.", o("email chat")),
            ("Email, and also phone.", o("email phone")),
            ("Not chat or email, only phone.", o("phone")),
            ("Neither email nor phone, but chat.", o("chat")),
            ("I don't know.", None),
        ],
    );
    let two = choices("many", false, &["Tea", "Coffee"]);
    check(
        &two,
        &[
            ("Both.", o("tea coffee")),
            ("Both of them.", o("tea coffee")),
            ("Tea and coffee.", o("tea coffee")),
            ("Neither.", None),
            ("Tea.", o("tea")),
        ],
    );
    let none = choices("many", false, &["Tea", "Coffee", "None of these"]);
    check(
        &none,
        &[
            ("None of them.", o("none-of-these")),
            ("Everything.", o("tea coffee")),
            ("None of these", o("none-of-these")),
        ],
    );
}
