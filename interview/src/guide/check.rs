//! The checks on a guide document.
//!
//! Owns: finding every problem at once, each with its place and the way out. Never does: change the
//! document.

pub mod bounds;
mod fields;
mod hint;
mod problems;
mod values;

use serde_json::{Map, Value};

use self::fields::{
    ACTIONS, ANSWERS, BRANCH, EXPECTS, GUIDE, PROFILE, QUESTION, RULES, SECTION, SELECT, SIGNALS, TRIGGER, TYPES, VOICE,
};
use self::problems::Check;
use super::Problem;
use super::slug::slug;
use crate::language::Language;

/// The largest number of section names in a message.
const SHOWN: usize = 20;

/// Returns every problem of the document, in its order. For a document that is too large, it
/// returns only what is too large.
pub(super) fn document(value: &Value) -> Vec<Problem> {
    let exceeded = bounds::exceeded(value);
    if !exceeded.is_empty() {
        return exceeded;
    }
    let mut check = Check::default();
    if let Some(guide) = check.object("", value) {
        check.guide(guide);
    }
    if check.untold > 0 {
        let message = format!("there are {} more problems; correct these first", check.untold);
        check.problems.push(Problem { path: String::new(), message });
    }
    check.problems
}

impl Check {
    fn guide(&mut self, guide: &Map<String, Value>) {
        self.known("", guide, GUIDE);
        self.text("", guide, "name", true);
        self.text("", guide, "language", false);
        self.language(guide);
        self.text("", guide, "research_objective", true);
        self.integer("", guide, "version", 1, i64::from(u32::MAX));
        self.texts("", guide, "tags");
        let estimated = self.integer("", guide, "estimated_duration_minutes", 1, 1440);
        let maximum = self.integer("", guide, "max_duration_minutes", 1, 1440);
        self.number("", guide, "min_completion_percentage", 0.0, 1.0, "a share such as 0.7");
        if let Some(profile) = self.child("", guide, "target_respondent_profile") {
            let path = "/target_respondent_profile";
            self.known(path, profile, PROFILE);
            self.child(path, profile, "demographics");
            for key in ["expertise_level", "industry", "role"] {
                self.text(path, profile, key, false);
            }
        }
        if let Some(voice) = self.child("", guide, "voice_profile") {
            self.known("/voice_profile", voice, VOICE);
            self.text("/voice_profile", voice, "voice", false);
            self.text("/voice_profile", voice, "accent", false);
            self.number("/voice_profile", voice, "speaking_rate", 60.0, 300.0, "words per minute, 150 is usual");
        }
        if let Some(answers) = self.child("", guide, "answers_to_respondents") {
            self.known("/answers_to_respondents", answers, ANSWERS);
            for key in ANSWERS {
                self.text("/answers_to_respondents", answers, key, false);
            }
        }
        let (estimated, maximum) = (estimated.unwrap_or(30), maximum.unwrap_or(60));
        if estimated > maximum {
            let path = if guide.contains_key("max_duration_minutes") {
                "/max_duration_minutes"
            } else {
                "/estimated_duration_minutes"
            };
            self.add(
                path,
                format!("the estimated {estimated} minutes are more than the {maximum} allowed; raise max_duration_minutes or lower estimated_duration_minutes"),
            );
        }
        let mut targets: Vec<String> = Vec::new();
        match guide.get("sections") {
            None => self.add("/sections", "is missing; write a list of sections with questions"),
            Some(value) => {
                let sections = self.array("/sections", value);
                if sections.is_some_and(<[Value]>::is_empty) {
                    self.add("/sections", "is empty; a guide needs at least one section with one question");
                }
                for (i, value) in sections.unwrap_or_default().iter().enumerate() {
                    let path = format!("/sections/{i}");
                    if let Some(section) = self.object(&path, value) {
                        self.section(&path, section, maximum);
                        for key in ["id", "section_name"] {
                            targets.extend(section.get(key).and_then(Value::as_str).map(str::to_owned));
                        }
                        if !section.contains_key("id") {
                            targets.extend(section.get("section_name").and_then(Value::as_str).map(slug));
                        }
                    }
                }
            }
        }
        if let Some(rules) = self.child("", guide, "adaptive_rules") {
            self.rules(rules, &targets);
        }
    }

    fn section(&mut self, path: &str, section: &Map<String, Value>, max_minutes: i64) {
        self.known(path, section, SECTION);
        self.id("section", path, section);
        self.text(path, section, "section_name", true);
        self.own_name(path, section);
        self.text_or_empty(path, section, "objective");
        self.integer(path, section, "order", 0, i64::from(u32::MAX));
        self.texts(path, section, "skip_conditions");
        let limit = self.integer(path, section, "time_limit", 1, 86_400);
        if let Some(limit) = limit.filter(|limit| *limit > max_minutes * 60) {
            self.add(
                &format!("{path}/time_limit"),
                format!("{limit} s are more than the whole interview may last ({} s); lower it or raise max_duration_minutes", max_minutes * 60),
            );
        }
        let Some(value) = section.get("questions") else {
            return self.add(&format!("{path}/questions"), "is missing; write a list of questions");
        };
        let list = format!("{path}/questions");
        let questions = self.array(&list, value);
        if questions.is_some_and(<[Value]>::is_empty) {
            self.add(&list, "is empty; write at least one question or remove the section");
        }
        for (i, value) in questions.unwrap_or_default().iter().enumerate() {
            let path = format!("{list}/{i}");
            if let Some(question) = self.object(&path, value) {
                self.question(&path, question, max_minutes);
            }
        }
    }

    /// Checks that the section name is unique, because events and reports name a section by its
    /// `section_name`.
    fn own_name(&mut self, path: &str, section: &Map<String, Value>) {
        let name = section.get("section_name").and_then(Value::as_str).map_or("", str::trim);
        if name.is_empty() {
            return;
        }
        let at = format!("{path}/section_name");
        match self.names.get(name) {
            Some(first) => {
                let message = format!(
                    "the section name {name:?} is used already at {first}; give each section a name of its own"
                );
                self.add(&at, message);
            }
            None => {
                self.names.insert(name.to_owned(), at);
            }
        }
    }

    fn question(&mut self, path: &str, question: &Map<String, Value>, max_minutes: i64) {
        self.known(path, question, QUESTION);
        self.id("question", path, question);
        self.text(path, question, "text", true);
        self.text(path, question, "context", false);
        self.boolean(path, question, "required");
        self.integer(path, question, "max_follow_ups", 0, 20);
        self.texts(path, question, "expected_response_patterns");
        let seconds = self.integer(path, question, "time_allocation", 5, 86_400);
        if let Some(seconds) = seconds.filter(|s| *s > max_minutes * 60) {
            self.add(
                &format!("{path}/time_allocation"),
                format!("{seconds} s are more than the whole interview may last ({} s); lower it or raise max_duration_minutes", max_minutes * 60),
            );
        }
        let kind = self.one_of(path, question, "type", TYPES, false).unwrap_or("open");
        self.options(path, question, kind);
        self.scale(path, question, kind);
        self.reading(path, question, kind);
        for (i, value) in self.items(path, question, "follow_up_triggers").iter().enumerate() {
            let path = format!("{path}/follow_up_triggers/{i}");
            if let Some(trigger) = self.object(&path, value) {
                self.known(&path, trigger, TRIGGER);
                self.text(&path, trigger, "condition", true);
                self.one_of(&path, trigger, "action", ACTIONS, true);
                self.integer(&path, trigger, "priority", 1, 5);
                self.text(&path, trigger, "template", false);
            }
        }
    }

    fn options(&mut self, path: &str, question: &Map<String, Value>, kind: &str) {
        let list = format!("{path}/options");
        let options = self.items(path, question, "options");
        if kind == "multiple_choice" && question.get("options").is_none_or(Value::is_array) && options.len() < 2 {
            self.add(
                &list,
                format!(
                    "a multiple_choice question needs at least two options{}",
                    match hint::options(options) {
                        hint if hint.is_empty() => "; add them or make it an open question".to_owned(),
                        hint => hint,
                    }
                ),
            );
        }
        if kind != "multiple_choice" && !options.is_empty() {
            self.add(
                &list,
                format!(
                    "options belong to multiple_choice questions, this one is {kind}; change its type or remove them"
                ),
            );
        }
        for (i, value) in options.iter().enumerate() {
            let path = format!("{list}/{i}");
            if let Some(hint) = hint::cut_number(options, i) {
                self.add(&path, hint);
                continue;
            }
            match value {
                Value::String(text) if text.trim().is_empty() => {
                    self.add(&path, "is empty; write the option's text, in quotes if it begins with > or |");
                }
                Value::String(_) => {}
                // YAML reads `- Sometimes: it depends` as an object.
                Value::Object(option)
                    if option.len() == 1 && !option.contains_key("text") && !option.contains_key("id") =>
                {
                    self.add(&path, format!("must be a text or {{id, text}}{}", values::quoted(value)));
                }
                Value::Object(option) => {
                    self.known(&path, option, &["id", "text"]);
                    self.id("option", &path, option);
                    self.text(&path, option, "text", true);
                }
                _ => self.add(&path, format!("must be a text or {{id, text}}{}", values::quoted(value))),
            }
        }
    }

    fn scale(&mut self, path: &str, question: &Map<String, Value>, kind: &str) {
        let at = format!("{path}/scale");
        let present = question.get("scale").is_some_and(|v| !v.is_null());
        if kind == "scale" && !present {
            return self.add(&at, "a scale question needs its scale; write scale: {min: 1, max: 10}");
        }
        if kind != "scale" && present {
            self.add(
                &at,
                format!("a scale belongs to scale questions, this one is {kind}; change its type or remove it"),
            );
        }
        let bounds = |scale: &Value| {
            scale.as_object().is_some_and(|scale| scale.contains_key("min") || scale.contains_key("max"))
        };
        if let Some(other) = question.get("scale").filter(|scale| !scale.is_null() && !bounds(scale)) {
            return self.add(&at, format!("must be an object with its min and max{}", hint::scale(other)));
        }
        let Some(scale) = self.child(path, question, "scale") else { return };
        self.known(&at, scale, &["min", "max"]);
        for key in ["min", "max"] {
            if !scale.contains_key(key) {
                self.add(&format!("{at}/{key}"), "is missing; write a whole number");
            }
        }
        let min = self.integer(&at, scale, "min", -1000, 1000);
        let max = self.integer(&at, scale, "max", -1000, 1000);
        if let (Some(min), Some(max)) = (min, max)
            && min >= max
        {
            self.add(&at, format!("min {min} must be less than max {max}; swap or change them"));
        }
    }

    /// Checks the fields that say how answers to a question are read and how long they are waited
    /// for.
    fn reading(&mut self, path: &str, question: &Map<String, Value>, kind: &str) {
        let select = self.one_of(path, question, "select", SELECT, false);
        if select == Some("many") && kind != "multiple_choice" {
            self.add(
                &format!("{path}/select"),
                format!("many belongs to multiple_choice questions, this one is {kind}; change its type or remove it"),
            );
        }
        self.boolean(path, question, "allow_none");
        if question.get("allow_none") == Some(&Value::Bool(true)) && kind != "multiple_choice" {
            self.add(
                &format!("{path}/allow_none"),
                format!(
                    "allow_none belongs to multiple_choice questions, this one is {kind}; change its type or remove it"
                ),
            );
        }
        if question.get("expects").is_some_and(|value| !value.is_null()) {
            let expects = self.one_of(path, question, "expects", EXPECTS, false);
            if let Some(expects) = expects.filter(|_| kind != "open") {
                self.add(
                    &format!("{path}/expects"),
                    format!("expects {expects} belongs to open questions, this one is {kind}; write type: open or remove expects"),
                );
            }
        }
        self.number(path, question, "patience", 0.5, 3.0, "a factor on waiting, 1 is usual");
    }

    /// Checks that the language exists here. Otherwise this would only be noticed in the call.
    fn language(&mut self, guide: &Map<String, Value>) {
        let Some(tag) = guide.get("language").and_then(Value::as_str).filter(|tag| !tag.trim().is_empty()) else {
            return;
        };
        if Language::of(tag).is_none() {
            let codes = Language::CODES.join(", ");
            self.add(
                "/language",
                format!(
                    "{tag:?} is not spoken here; write {codes} or a region of it such as {}-GB",
                    Language::CODES[0]
                ),
            );
        }
    }

    fn rules(&mut self, rules: &Map<String, Value>, targets: &[String]) {
        let path = "/adaptive_rules";
        self.known(path, rules, RULES);
        self.boolean(path, rules, "complexity_adaptation");
        self.child(path, rules, "skip_conditions");
        self.child(path, rules, "time_management");
        for (i, value) in self.items(path, rules, "interest_signals").iter().enumerate() {
            if !value.as_str().is_some_and(|signal| SIGNALS.contains(&signal)) {
                self.add(
                    &format!("{path}/interest_signals/{i}"),
                    format!("unknown signal; write one of {}", SIGNALS.join(", ")),
                );
            }
        }
        for (i, value) in self.items(path, rules, "branching_logic").iter().enumerate() {
            let path = format!("{path}/branching_logic/{i}");
            let Some(branch) = self.object(&path, value) else { continue };
            self.known(&path, branch, BRANCH);
            self.text(&path, branch, "condition", true);
            self.integer(&path, branch, "priority", 1, 5);
            self.text(&path, branch, "target_section", true);
            if let Some(target) = branch.get("target_section").and_then(Value::as_str)
                && !target.trim().is_empty()
                && !targets.iter().any(|known| known == target)
            {
                let (shown, more) = targets.split_at(targets.len().min(SHOWN));
                let more = if more.is_empty() { String::new() } else { format!(" or {} others", more.len()) };
                self.add(
                    &format!("{path}/target_section"),
                    format!("no section has the id or name {target:?}; write one of {}{more}", shown.join(", ")),
                );
            }
        }
    }
}
