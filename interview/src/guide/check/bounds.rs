//! How large a guide may be. A document comes from outside, and everything that is done with it
//! takes time and memory that other calls need.
//!
//! Owns: the bounds, which are far beyond what an interview of a day could hold. Never does: look
//! at what a field means. It comes before every other check.

use serde_json::Value;

use crate::guide::Problem;

pub const SECTIONS: usize = 100;
/// The largest number of questions of a guide.
pub const QUESTIONS: usize = 500;
/// The largest number of options of one question.
pub const OPTIONS: usize = 100;
/// The largest number of triggers of one question.
pub const TRIGGERS: usize = 20;
pub const BRANCHES: usize = 200;
/// The largest number of conditions of one section.
pub const CONDITIONS: usize = 20;
/// The largest number of items of any other list.
pub const TEXTS: usize = 50;
/// The largest number of characters of any text.
pub const CHARACTERS: usize = 4_000;
/// The largest number of fields of any object.
const FIELDS: usize = 200;
/// The largest depth of lists and objects inside one another.
const DEPTH: usize = 12;
/// The largest number of problems that are reported at once. A last one says how many more there
/// are.
pub const PROBLEMS: usize = 200;

/// Returns what is too large. It is empty for a document that the other checks may look at.
pub(super) fn exceeded(document: &Value) -> Vec<Problem> {
    let mut walk = Walk { problems: Vec::new(), questions: 0 };
    walk.value("", document, 0);
    if walk.questions > QUESTIONS {
        let message = format!("the guide has {} questions; at most {QUESTIONS} are allowed", walk.questions);
        walk.problems.push(Problem { path: "/sections".to_owned(), message });
    }
    walk.problems
}

struct Walk {
    problems: Vec<Problem>,
    questions: usize,
}

impl Walk {
    fn add(&mut self, path: &str, message: String) {
        if self.problems.len() < PROBLEMS {
            self.problems.push(Problem { path: path.to_owned(), message });
        }
    }

    fn value(&mut self, path: &str, value: &Value, depth: usize) {
        if depth > DEPTH {
            return self.add(path, format!("is nested more than {DEPTH} levels deep"));
        }
        match value {
            Value::String(text) => {
                let length = text.chars().count();
                if length > CHARACTERS {
                    self.add(path, format!("is {length} characters long; at most {CHARACTERS} are allowed"));
                }
            }
            Value::Array(items) => self.list(path, items, depth),
            Value::Object(fields) => {
                if fields.len() > FIELDS {
                    return self.add(path, format!("has {} fields; at most {FIELDS} are allowed", fields.len()));
                }
                for (key, value) in fields {
                    if key.chars().count() > CHARACTERS {
                        self.add(path, format!("has a field whose name is longer than {CHARACTERS} characters"));
                        continue;
                    }
                    let key = key.replace('~', "~0").replace('/', "~1");
                    self.value(&format!("{path}/{key}"), value, depth + 1);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn list(&mut self, path: &str, items: &[Value], depth: usize) {
        let most = match path.rsplit('/').next() {
            Some("sections") => SECTIONS,
            Some("questions") => QUESTIONS,
            Some("options") => OPTIONS,
            Some("follow_up_triggers") => TRIGGERS,
            Some("branching_logic") => BRANCHES,
            Some("skip_conditions") => CONDITIONS,
            _ => TEXTS,
        };
        if items.len() > most {
            // The entries are not looked at, because there may be a hundred thousand of them.
            return self.add(path, format!("has {} entries; at most {most} are allowed", items.len()));
        }
        if path.ends_with("/questions") {
            self.questions += items.len();
        }
        for (index, item) in items.iter().enumerate() {
            self.value(&format!("{path}/{index}"), item, depth + 1);
        }
    }
}
