//! YAML as people write it: accepted as it was meant, or refused with the line to write.

use interview::guide::{Guide, Problem, parse};

/// A guide of one question, with `fields` at its top and `question` in its question.
fn guide(fields: &str, question: &str) -> Result<Guide, Vec<Problem>> {
    let whole = [
        ("name: ", "name: Trains\n"),
        ("research_objective: ", "research_objective: Why\n"),
        ("sections:", &format!("sections:\n  - section_name: One\n    questions:\n      - {question}\n")),
    ];
    let missing: String =
        whole.into_iter().filter(|(key, _)| !fields.starts_with(key)).map(|(_, line)| line.to_owned()).collect();
    parse(&format!("{missing}{fields}\n"))
}

fn options(written: &str) -> Vec<String> {
    let guide = guide("", &format!("{{text: Which?, type: multiple_choice, options: {written}}}"))
        .unwrap_or_else(|problems| panic!("{written}: {problems:#?}"));
    guide.sections[0].questions[0].options.iter().map(|option| option.text.clone()).collect()
}

#[test]
fn texts_without_quotes_are_taken_as_they_are_spelled() {
    for (written, texts) in [
        ("[Yes, No, Not sure]", vec!["Yes", "No", "Not sure"]),
        ("[yes, NO, on, Off, y, N]", vec!["yes", "NO", "on", "Off", "y", "N"]),
        ("[true, False, TRUE]", vec!["true", "False", "TRUE"]),
        ("[1, 2, 10]", vec!["1", "2", "10"]),
        ("[1.10, 1.1, 007, 1_000, 0x1F, +5, -5, 1e3]", vec!["1.10", "1.1", "007", "1_000", "0x1F", "+5", "-5", "1e3"]),
        ("[18:30, 9:05, 12:30:45, 2024-05-03, 5-7]", vec!["18:30", "9:05", "12:30:45", "2024-05-03", "5-7"]),
        ("['5', \"No\", None]", vec!["5", "No", "None"]),
        ("[{id: 1, text: 5}, {id: no, text: No}, {text: yes}]", vec!["5", "No", "yes"]),
        ("[&a Yes, *a, Sometimes]", vec!["Yes", "Yes", "Sometimes"]),
    ] {
        assert_eq!(options(written), texts, "{written}");
    }
    let ids =
        guide("", "{text: Which?, type: multiple_choice, options: [{id: 1, text: 5}, {id: no, text: No}]}").unwrap();
    let ids: Vec<_> = ids.sections[0].questions[0].options.iter().map(|option| option.id.as_str()).collect();
    assert_eq!(ids, ["1", "no"]);
    let other =
        guide("tags: [2024, yes, 1.10]", "{id: 7, text: 1984, context: on, expected_response_patterns: [5, No]}");
    let other = other.unwrap();
    let question = &other.sections[0].questions[0];
    assert_eq!(other.tags, ["2024", "yes", "1.10"]);
    assert_eq!((question.id.as_str(), question.text.as_str(), question.context.as_deref()), ("7", "1984", Some("on")));
    assert_eq!(question.expected_response_patterns, ["5", "No"]);
    assert_eq!(guide("name: 2024", "{text: Why?}").unwrap().name, "2024");
    assert_eq!(
        parse("{name: 007, research_objective: on, sections: [{section_name: 1, questions: [{text: Why?}]}]}")
            .unwrap()
            .name,
        "007"
    );
    // A comment stays a comment, and a block of text holds any text.
    for (written, text) in [
        ("text: Why? # really", "Why?"),
        ("text: What about C#?", "What about C#?"),
        ("text: |\n          Is our #1 & only\n          product good?", "Is our #1 & only\nproduct good?\n"),
        ("text: &why Why?\n        context: *why", "Why?"),
    ] {
        assert_eq!(guide("", written).unwrap().sections[0].questions[0].text, text, "{written}");
    }
    let lines = guide(
        "",
        "text: Which?\n        type: multiple_choice\n        options:\n          - Yes\n          - No\n          - 18:30",
    );
    assert_eq!(lines.unwrap().sections[0].questions[0].options[2].text, "18:30");
}

#[test]
fn numbers_and_switches_stay_what_they_are() {
    let guide = guide(
        "version: 2\ntarget_respondent_profile: {demographics: {smoker: no, age: 30}}\nvoice_profile: {speaking_rate: 1_60}",
        "{text: Why?, required: yes, max_follow_ups: 1, time_allocation: 0x3C}",
    );
    let guide = guide.unwrap();
    let question = &guide.sections[0].questions[0];
    assert_eq!((guide.version, question.required, question.max_follow_ups, question.time_allocation), (2, true, 1, 60));
    assert_eq!(guide.target_respondent_profile.demographics["smoker"], false);
    assert!((guide.voice_profile.speaking_rate - 160.0).abs() < 0.01);
}

#[test]
fn what_is_refused_names_the_line_to_write() {
    for (fields, question, path, mend) in [
        ("version: \"2\"", "{text: Why?}", "/version", "write version: 2"),
        ("version: 1.0", "{text: Why?}", "/version", "write version: 1"),
        ("", "{text: Why?, max_follow_ups: '2'}", "/sections/0/questions/0/max_follow_ups", "write max_follow_ups: 2"),
        (
            "",
            "{text: Why?, time_allocation: 90 s}",
            "/sections/0/questions/0/time_allocation",
            "write time_allocation: 90",
        ),
        (
            "",
            "{text: Why?, time_allocation: 2:30}",
            "/sections/0/questions/0/time_allocation",
            "write time_allocation: 150",
        ),
        ("", "{text: Why?, patience: '1,5'}", "/sections/0/questions/0/patience", "write patience: 1.5"),
        ("", "{text: Why?, required: 'yes'}", "/sections/0/questions/0/required", "write required: true"),
        ("", "{text: Why?, required: 0}", "/sections/0/questions/0/required", "write required: false"),
        (
            "min_completion_percentage: 70",
            "{text: Why?}",
            "/min_completion_percentage",
            "write min_completion_percentage: 0.7",
        ),
        (
            "min_completion_percentage: 70%",
            "{text: Why?}",
            "/min_completion_percentage",
            "write min_completion_percentage: 0.7",
        ),
        (
            "min_completion_percentage: 0,7",
            "{text: Why?}",
            "/min_completion_percentage",
            "write min_completion_percentage: 0.7",
        ),
        ("tags: trains, commuting", "{text: Why?}", "/tags", r#"write tags: ["trains", "commuting"]"#),
        ("tags: 5", "{text: Why?}", "/tags", "write tags: [\"5\"]"),
        ("tags:", "{text: Why?}", "/tags", "write tags: [] or leave it out"),
        (
            "",
            "{text: How good?, type: scale, scale: [1, 10]}",
            "/sections/0/questions/0/scale",
            "write scale: {min: 1, max: 10}",
        ),
        (
            "",
            "{text: How good?, type: scale, scale: 1-5}",
            "/sections/0/questions/0/scale",
            "write scale: {min: 1, max: 5}",
        ),
        (
            "",
            "{text: How good?, type: scale, scale: 7}",
            "/sections/0/questions/0/scale",
            "write scale: {min: 1, max: 7}",
        ),
        (
            "",
            "{text: How good?, type: scale, scale: {min: '1', max: 10}}",
            "/sections/0/questions/0/scale/min",
            "write min: 1",
        ),
        ("", "text: #1 of your wishes?", "/sections/0/questions/0/text", "in quotes if it begins with #"),
        (
            "",
            "{text: Which?, type: multiple_choice, options: [Sometimes: it depends, No]}",
            "/sections/0/questions/0/options/0",
            r#""Sometimes: it depends""#,
        ),
        (
            "",
            "{text: Which?, type: multiple_choice, options: [~, No]}",
            "/sections/0/questions/0/options/0",
            "write a text",
        ),
        (
            "",
            "{text: Which?, type: multiple_choice, options: [10,000, More]}",
            "/sections/0/questions/0/options/1",
            r#"write "10,000", in quotes"#,
        ),
        (
            "",
            "{text: Which?, type: multiple_choice, options: {a: Yes, b: No}}",
            "/sections/0/questions/0/options",
            r#"write options: [{id: "a", text: "Yes"}, {id: "b", text: "No"}]"#,
        ),
        (
            "",
            "text: Which?\n        type: multiple_choice\n        options:\n          - <5\n          - >5",
            "/sections/0/questions/0/options/1",
            "in quotes if it begins with >",
        ),
        (
            "",
            "{text: Which?, type: multiple_choice, options: Yes | No}",
            "/sections/0/questions/0/options",
            r#"write options: ["Yes", "No"]"#,
        ),
        (
            "",
            "{text: Which?, type: multiple_choice, options: [Yes; No]}",
            "/sections/0/questions/0/options",
            r#"write options: ["Yes", "No"]"#,
        ),
        (
            "",
            "{text: Which?, type: Multiple-Choice, options: [Yes, No]}",
            "/sections/0/questions/0/type",
            "write type: multiple_choice",
        ),
        ("", "{text: Why?, expects: e-mail}", "/sections/0/questions/0/expects", "write expects: email"),
        ("", "{text: Why?, Required: yes}", "/sections/0/questions/0/Required", "write required"),
        ("", "{text: Why?, required: optional}", "/sections/0/questions/0/required", "write required: false"),
        (
            "",
            "{text: Why?, follow_up_triggers: none}",
            "/sections/0/questions/0/follow_up_triggers",
            "write follow_up_triggers: []",
        ),
        ("", "{text: Why?, max_follow_ups: two}", "/sections/0/questions/0/max_follow_ups", "write max_follow_ups: 2"),
        ("", "{text: [Why?]}", "/sections/0/questions/0/text", r#"write "Why?", without the brackets"#),
        ("", "text:Why?", "/sections/0/questions/0", "write text: Why?, with a space"),
        ("", "Why?", "/sections/0/questions/0", r#"write text: "Why?""#),
        (
            "",
            "{text: Why?, time_allocation: 2 minutes}",
            "/sections/0/questions/0/time_allocation",
            "write time_allocation: 120",
        ),
        (
            "",
            "{text: Why?, time_allocation: 1m30s}",
            "/sections/0/questions/0/time_allocation",
            "write time_allocation: 90",
        ),
        ("max_duration_minutes: 1h30", "{text: Why?}", "/max_duration_minutes", "write max_duration_minutes: 90"),
        ("max_duration_minutes: 1 hour", "{text: Why?}", "/max_duration_minutes", "write max_duration_minutes: 60"),
        (
            "",
            "{text: How good?, type: scale, scale: {min:1, max:10}}",
            "/sections/0/questions/0/scale",
            "write scale: {min: 1, max: 10}",
        ),
        (
            "",
            "{text: How good?, type: scale, scale: -5 to 5}",
            "/sections/0/questions/0/scale",
            "write scale: {min: -5, max: 5}",
        ),
    ] {
        let problems = guide(fields, question).unwrap_err();
        assert_eq!((problems.len(), problems[0].path.as_str()), (1, path), "{problems:#?}");
        assert!(problems[0].message.contains(mend), "{} ({mend})", problems[0]);
    }
    for (question, mend) in [
        ("text: Price: is it fair?", r#"write - text: "Price: is it fair?""#),
        ("text: @home, or not?", r#"write - text: "@home, or not?""#),
        ("text: 'Don't you like it?'", r#"write - text: "Don't you like it?""#),
        ("text: \"Why\" that?", r#"write - text: "\"Why\" that?""#),
        ("text: *Why* that?", r#"write - text: "*Why* that?""#),
        ("text: &why that?", r#"write - text: "&why that?""#),
        ("text: - Why?", r#"write - text: "- Why?""#),
        ("text: {name}, why?", r#"write - text: "{name}, why?""#),
        ("text: How is our #1 product?", r#"write - text: "How is our #1 product?""#),
        ("text: Which?\n        options: [<5, 5-10, >10]", r#"write options: ["<5", "5-10", ">10"]"#),
        ("text: Which?\n        options:\n          - <5\n          - >10", r#"write - ">10""#),
        ("text: Which?\n        options: [Yes, No", "close the bracket"),
        ("text: Why?\n        text: Why not?", "keep one of them"),
        ("text: Why?\n\trequired: true", "indent by spaces"),
    ] {
        let problems = guide("", question).unwrap_err();
        assert!(problems[0].message.contains(mend), "{} ({mend})", problems[0]);
    }
    let json = parse(
        r#"{"name": 5, "research_objective": "x", "sections": [{"section_name": "S", "questions": [{"text": "Why?"}]}]}"#,
    );
    assert!(json.unwrap_err()[0].message.contains(r#"write "5", in quotes"#));
}
