//! Numbers, addresses, names and dates.

use serde_json::json;

use super::*;
use crate::understanding::value::{is_partial, spoken_back};

fn expects(what: &str, text: &str) -> Question {
    question(json!({"id": "q", "text": text, "expects": what}))
}

#[allow(clippy::unnecessary_wraps)]
fn t(text: &str) -> Option<Value> {
    Some(Value::Text(text.to_owned()))
}

#[test]
fn amounts() {
    let n = |number: f64| Some(Value::Number(number));
    check(
        &expects("number", "How many employees do you have?"),
        &[
            ("Twelve.", n(12.0)),
            ("About two hundred and fifty.", n(250.0)),
            ("Twelve employees in two offices.", n(12.0)),
            ("In two offices, twelve employees.", n(12.0)),
            ("Ten or twelve.", Some(Value::Range([10.0, 12.0]))),
            ("Twenty, no, thirty.", n(30.0)),
            ("None.", n(0.0)),
            ("1,500", n(1500.0)),
            ("A couple.", n(2.0)),
            ("Two and a half thousand", n(2.5)),
            ("Just one.", n(1.0)),
            ("I'd rather not say.", None),
            ("25 thousand", n(25_000.0)),
        ],
    );
    check(
        &expects("number", "How many hours does it take?"),
        &[
            ("An hour.", n(1.0)),
            ("An hour and a half.", n(1.5)),
            ("Two hours and a half.", n(2.5)),
            ("Three point five", n(3.5)),
        ],
    );
}

#[test]
fn addresses() {
    check(
        &expects("email", "What is your e-mail address?"),
        &[
            ("john dot smith at example dot com", t("john.smith@example.com")),
            ("It's John dot Smith at example dot com.", t("john.smith@example.com")),
            ("J O H N at example dot com", t("john@example.com")),
            ("j, o, h, n, at example dot com", t("john@example.com")),
            ("J-O-H-N at example.com", t("john@example.com")),
            ("My email is anna underscore k at mail dash box dot co dot uk", t("anna_k@mail-box.co.uk")),
            ("john.smith@example.com", t("john.smith@example.com")),
            ("Sure, it's John.Smith@example.com.", t("john.smith@example.com")),
            ("john smith forty two at example dot org", t("johnsmith42@example.org")),
            ("You can reach me at sue at example dot com", t("sue@example.com")),
            ("info at my dash shop dot e u, all lower case", t("info@my-shop.eu")),
            ("a double n a at example dot com", t("anna@example.com")),
            ("S as in Sierra, U, E at example dot com", t("sue@example.com")),
            ("sue plus news at example dot com", t("sue+news@example.com")),
            ("sue, all lower case, at example dot com", t("sue@example.com")),
            ("I'm at work right now.", None),
            ("I don't have one.", None),
            ("john dot smith at", None),
        ],
    );
}

#[test]
fn phones() {
    check(
        &expects("phone", "What is your phone number?"),
        &[
            ("oh seven seven double oh, nine hundred one two three", t("07700900123")),
            ("Plus four four seven seven double oh nine double oh one two three.", t("+447700900123")),
            ("555 123 4567", t("5551234567")),
            ("It's (555) 123-4567.", t("5551234567")),
            ("+44 7700 900123", t("+447700900123")),
            ("five five five, one two three, four five six seven", t("5551234567")),
            ("oh two oh, seven nine four six, oh oh eighteen", t("02079460018")),
            ("five five five one two three four five six eight, sorry, seven", t("5551234567")),
            ("triple five, one two three, four five six seven", t("5551234567")),
            ("oh seven seven", None),
            ("I'd rather not.", None),
        ],
    );
}

#[test]
fn names() {
    check(
        &expects("name", "What is your name?"),
        &[
            ("My name is Anna Smith.", t("Anna Smith")),
            ("It's John.", t("John")),
            ("anna smith", t("Anna Smith")),
            ("S M I T H", t("Smith")),
            ("Smith, S-M-I-T-H.", t("Smith")),
            ("Anna Smith, that's S M Y T H.", t("Anna Smyth")),
            ("Smith. S as in Sierra, M, Y, T, H.", t("Smyth")),
            ("You can call me Bob.", t("Bob")),
            ("Ludwig van Beethoven", t("Ludwig van Beethoven")),
            ("Mary-Jane O'Neill, thanks.", t("Mary-Jane O'Neill")),
            ("I'd rather not say.", None),
            ("Why do you ask?", None),
        ],
    );
}

#[test]
fn dates() {
    let d = |date: &str| Some(Value::Date(date.to_owned()));
    let asked = expects("date", "When was it?");
    check(
        &asked,
        &[
            ("The third of May 2024.", d("2024-05-03")),
            ("May 3rd, 2024", d("2024-05-03")),
            ("May third, twenty twenty-four.", d("2024-05-03")),
            ("On the twenty-first of June.", d("--06-21")),
            ("June 2023.", d("2023-06")),
            ("In March.", d("--03")),
            ("In nineteen eighty-five.", d("1985")),
            ("two thousand and five", d("2005")),
            ("03/05/2024", d("2024-03-05")),
            ("25/12/2024", d("2024-12-25")),
            ("2024-05-03", d("2024-05-03")),
            ("3.5.2024", d("2024-05-03")),
            ("The third of May. No, the fourth.", d("--05-04")),
            ("Christmas Day 2023", d("2023-12-25")),
            ("December 31", d("--12-31")),
            ("the thirtieth of February", None),
            ("29 February 2023", None),
            ("29 February 2024", d("2024-02-29")),
            ("I may have forgotten.", None),
            ("I don't know.", None),
            ("January nineteen oh five", d("1905-01")),
            ("The fifteenth.", d("---15")),
        ],
    );
    let british = Language::of("en-GB").unwrap();
    assert_eq!(read(british, &asked, "03/05/2024"), d("2024-05-03"));
    assert_eq!(read(Language::of("en-US").unwrap(), &asked, "03/05/2024"), d("2024-03-05"));
}

#[test]
fn what_is_not_complete_is_waited_for() {
    for (what, text, partial) in [
        ("email", "john dot smith at", true),
        ("email", "john dot", true),
        ("email", "j o h", true),
        ("email", "It's john", true),
        ("email", "john at example", true),
        ("email", "john at example dot com", false),
        ("email", "I don't have one.", false),
        ("phone", "oh seven seven", true),
        ("phone", "plus", true),
        ("phone", "plus four four", true),
        ("phone", "oh seven seven double", true),
        ("phone", "oh seven seven double oh nine hundred one two three", false),
        ("phone", "I'd rather not say", false),
        ("name", "Smith, S M I", true),
        ("name", "S M", true),
        ("name", "S as in", true),
        ("name", "Smith, S M I T H", false),
        ("name", "Anna Smith", false),
        ("date", "The third of", true),
        ("date", "The third of May", false),
        ("number", "eight point", true),
        ("number", "between six and", true),
        ("number", "eight", false),
    ] {
        assert_eq!(is_partial(Language::english(), &expects(what, "?"), text), partial, "{what}: {text}");
    }
}

#[test]
fn what_was_dictated_is_read_back() {
    let british = Language::of("en-GB").unwrap();
    for (what, value, spoken) in [
        ("email", Value::Text("john@example.com".into()), "I have j o h n at example dot com. Is that right?"),
        (
            "email",
            Value::Text("a.b_4@my-shop.co.uk".into()),
            "I have a dot b underscore four at my dash shop dot co dot uk. Is that right?",
        ),
        (
            "phone",
            Value::Text("5551234567".into()),
            "I have five five five, one two three, four five six seven. Is that right?",
        ),
        (
            "phone",
            Value::Text("+447700900123".into()),
            "I have plus four four seven, seven zero zero, nine zero zero, one two three. Is that right?",
        ),
        ("name", Value::Text("Ann Lee".into()), "I have Ann Lee, spelled A N N, L E E. Is that right?"),
        ("number", Value::Number(42.0), "I have 42. Is that right?"),
        ("number", Value::Range([6.0, 7.5]), "I have 6 to 7.5. Is that right?"),
        ("date", Value::Date("2024-05-03".into()), "I have the third of May, 2024. Is that right?"),
        ("date", Value::Date("--06-21".into()), "I have the twenty-first of June. Is that right?"),
        ("date", Value::Date("2024-05".into()), "I have May 2024. Is that right?"),
    ] {
        assert_eq!(spoken_back(british, &expects(what, "?"), &value).as_deref(), Some(spoken), "{value:?}");
    }
    assert_eq!(spoken_back(british, &expects("date", "?"), &Value::Yes(true)), None);
    assert_eq!(
        spoken_back(Language::english(), &expects("date", "?"), &Value::Date("--05-03".into())).unwrap(),
        "I have May the third. Is that right?"
    );
}
