//! The changes between two versions of a guide.
//!
//! Owns: matching sections, questions and options by their ids, which are stable across versions.
//! Never does: judge a change.
//!
//! `version` and the sections' `order` numbers are left out. The first always differs, and the
//! second only says where a section is, which is reported as a move.

use std::fmt::{self, Display, Write as _};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Guide;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = GuideChangeKind))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Added,
    Removed,
    Changed,
    Moved,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = GuideElement))]
#[serde(rename_all = "snake_case")]
pub enum Element {
    Guide,
    Section,
    Question,
    Option,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = GuideChange))]
pub struct Change {
    pub change: Kind,
    pub element: Element,
    /// Ids from the outside in. For a question they are those of its section (the newer one, if it
    /// moved) and its own. The guide itself has none.
    pub ids: Vec<String>,
    /// The field of a `changed`, with dots for fields of objects (`voice_profile.speaking_rate`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The old value of the field, the whole element that was removed, or the old place `{section,
    /// position}`. A position counts from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<Value>,
}

/// Returns every difference, beginning with the guide's own fields and followed by its sections in
/// their new order.
///
/// ```
/// use interview::guide::{diff::{diff, Kind}, parse};
/// let guide = |text: &str| parse(&format!(
///     "{{name: Trains, research_objective: Why, sections: [{{section_name: A, questions: [{{id: why, text: '{text}'}}]}}]}}"
/// )).unwrap();
/// let changes = diff(&guide("Why?"), &guide("Why so?"));
/// assert_eq!((changes.len(), changes[0].change, changes[0].ids.join("/").as_str()), (1, Kind::Changed, "a/why"));
/// ```
pub fn diff(old: &Guide, new: &Guide) -> Vec<Change> {
    let (old, new) = (document(old), document(new));
    let mut changes = Vec::new();
    fields(&mut changes, Element::Guide, &[], &old, &new, &["version", "sections"]);
    let (before, after) = (nodes(&old, "sections"), nodes(&new, "sections"));
    list(&mut changes, Element::Section, &[], &before, &after, &["questions", "order"]);
    // A question may have moved to another section, so it is looked for in the whole guide.
    let (before, after) = (questions(&before), questions(&after));
    for section in sections_of(&before, &after) {
        let there: Vec<&Node> = before.iter().filter(|(at, _)| *at == section).map(|(_, node)| node).collect();
        let here: Vec<&Node> = after.iter().filter(|(at, _)| *at == section).map(|(_, node)| node).collect();
        question_list(&mut changes, &section, &there, &here, &before, &after);
    }
    changes
}

/// An element with an id.
#[derive(Clone)]
struct Node {
    id: String,
    /// Its position, counted from 1.
    position: usize,
    value: Map<String, Value>,
}

fn document(guide: &Guide) -> Map<String, Value> {
    // The text form keeps 0.7 as 0.7, and not as a double near it. A guide always serialises as an
    // object.
    let text = serde_json::to_string(guide).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

fn nodes(parent: &Map<String, Value>, key: &str) -> Vec<Node> {
    let items = parent.get(key).and_then(Value::as_array).into_iter().flatten();
    items
        .filter_map(Value::as_object)
        .zip(1..)
        .map(|(value, position)| Node {
            id: value.get("id").and_then(Value::as_str).unwrap_or_default().to_owned(),
            position,
            value: value.clone(),
        })
        .collect()
}

fn questions(sections: &[Node]) -> Vec<(String, Node)> {
    let of = |section: &Node| {
        nodes(&section.value, "questions").into_iter().map(|node| (section.id.clone(), node)).collect::<Vec<_>>()
    };
    sections.iter().flat_map(of).collect()
}

/// Returns the ids of the sections that have questions: the new ones in their order, then those
/// that are gone.
fn sections_of(before: &[(String, Node)], after: &[(String, Node)]) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for (section, _) in after.iter().chain(before) {
        if !ids.contains(section) {
            ids.push(section.clone());
        }
    }
    ids
}

fn question_list(
    changes: &mut Vec<Change>,
    section: &str,
    there: &[&Node],
    here: &[&Node],
    before: &[(String, Node)],
    after: &[(String, Node)],
) {
    let find = |list: &[(String, Node)], id: &str| list.iter().find(|(_, node)| node.id == id).cloned();
    let stayed = common(there, here);
    for node in here {
        let ids = [section.to_owned(), node.id.clone()];
        let Some((from, old)) = find(before, &node.id) else {
            changes.push(whole(Kind::Added, Element::Question, &ids, &node.value));
            continue;
        };
        if from != section || !stayed.contains(&node.id) {
            let place = |section: &str, position| json!({ "section": section, "position": position });
            changes.push(moved(Element::Question, &ids, place(&from, old.position), place(section, node.position)));
        }
        fields(changes, Element::Question, &ids, &old.value, &node.value, &["id", "options"]);
        list(changes, Element::Option, &ids, &nodes(&old.value, "options"), &nodes(&node.value, "options"), &[]);
    }
    for node in there.iter().filter(|node| find(after, &node.id).is_none()) {
        changes.push(whole(Kind::Removed, Element::Question, &[section.to_owned(), node.id.clone()], &node.value));
    }
}

/// Compares the elements of one list. `apart` are the fields that are reported elsewhere.
fn list(
    changes: &mut Vec<Change>,
    element: Element,
    within: &[String],
    before: &[Node],
    after: &[Node],
    apart: &[&str],
) {
    let stayed = common(&before.iter().collect::<Vec<_>>(), &after.iter().collect::<Vec<_>>());
    let apart: Vec<&str> = apart.iter().copied().chain(["id"]).collect();
    for node in after {
        let ids: Vec<String> = within.iter().cloned().chain([node.id.clone()]).collect();
        let Some(old) = before.iter().find(|old| old.id == node.id) else {
            changes.push(whole(Kind::Added, element, &ids, &without(&node.value, &apart)));
            continue;
        };
        if !stayed.contains(&node.id) {
            changes.push(moved(
                element,
                &ids,
                json!({ "position": old.position }),
                json!({ "position": node.position }),
            ));
        }
        fields(changes, element, &ids, &old.value, &node.value, &apart);
    }
    for node in before.iter().filter(|node| !after.iter().any(|new| new.id == node.id)) {
        let ids: Vec<String> = within.iter().cloned().chain([node.id.clone()]).collect();
        changes.push(whole(Kind::Removed, element, &ids, &without(&node.value, &apart)));
    }
}

/// Returns the fields without those in `apart`.
fn without(value: &Map<String, Value>, apart: &[&str]) -> Map<String, Value> {
    value.iter().filter(|(key, _)| !apart.contains(&key.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect()
}

fn whole(change: Kind, element: Element, ids: &[String], value: &Map<String, Value>) -> Change {
    let value = Some(Value::Object(value.clone()));
    let (old, new) = if change == Kind::Removed { (value, None) } else { (None, value) };
    Change { change, element, ids: ids.to_vec(), field: None, old, new }
}

fn moved(element: Element, ids: &[String], old: Value, new: Value) -> Change {
    Change { change: Kind::Moved, element, ids: ids.to_vec(), field: None, old: Some(old), new: Some(new) }
}

fn fields(
    changes: &mut Vec<Change>,
    element: Element,
    ids: &[String],
    old: &Map<String, Value>,
    new: &Map<String, Value>,
    apart: &[&str],
) {
    let mut keys: Vec<&String> = old.keys().chain(new.keys()).filter(|key| !apart.contains(&key.as_str())).collect();
    keys.sort();
    keys.dedup();
    for key in keys {
        field(changes, element, ids, key, old.get(key), new.get(key));
    }
}

fn field(
    changes: &mut Vec<Change>,
    element: Element,
    ids: &[String],
    name: &str,
    old: Option<&Value>,
    new: Option<&Value>,
) {
    match (old, new) {
        (old, new) if old == new => {}
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let mut keys: Vec<&String> = old.keys().chain(new.keys()).collect();
            keys.sort();
            keys.dedup();
            for key in keys {
                field(changes, element, ids, &format!("{name}.{key}"), old.get(key), new.get(key));
            }
        }
        (old, new) => changes.push(Change {
            change: Kind::Changed,
            element,
            ids: ids.to_vec(),
            field: Some(name.to_owned()),
            old: old.cloned(),
            new: new.cloned(),
        }),
    }
}

/// Returns the ids that are in both lists in the same order (a longest common subsequence). The
/// others were moved.
fn common(before: &[&Node], after: &[&Node]) -> Vec<String> {
    let (n, m) = (before.len(), after.len());
    let mut longest = vec![vec![0_usize; m + 1]; n + 1];
    for i in (0..n).rev() {
        for j in (0..m).rev() {
            longest[i][j] = if before[i].id == after[j].id {
                longest[i + 1][j + 1] + 1
            } else {
                longest[i + 1][j].max(longest[i][j + 1])
            };
        }
    }
    let (mut i, mut j, mut ids) = (0, 0, Vec::new());
    while i < n && j < m {
        if before[i].id == after[j].id {
            ids.push(before[i].id.clone());
            (i, j) = (i + 1, j + 1);
        } else if longest[i + 1][j] >= longest[i][j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    ids
}

/// Writes the changes for people, one on a line.
pub fn to_text(changes: &[Change]) -> String {
    let mut text = String::new();
    for change in changes {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{change}");
    }
    if text.is_empty() { "no differences\n".to_owned() } else { text }
}

impl Display for Change {
    /// Writes `~ question habits/why text: "Why?" → "Why so?"`. `+` stands for added, `-` for
    /// removed and `>` for moved.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.change {
            Kind::Added => '+',
            Kind::Removed => '-',
            Kind::Changed => '~',
            Kind::Moved => '>',
        };
        let element = match self.element {
            Element::Guide => "guide",
            Element::Section => "section",
            Element::Question => "question",
            Element::Option => "option",
        };
        write!(f, "{sign} {element}")?;
        if !self.ids.is_empty() {
            write!(f, " {}", self.ids.join("/"))?;
        }
        if let Some(field) = &self.field {
            write!(f, " {field}")?;
        }
        let named = |value: &Value| value.get("text").or_else(|| value.get("section_name")).map(Value::to_string);
        match (self.change, &self.old, &self.new) {
            (Kind::Added, _, Some(value)) | (Kind::Removed, Some(value), _) => {
                named(value).map_or(Ok(()), |name| write!(f, " {name}"))
            }
            (Kind::Moved, Some(old), Some(new)) => write!(f, ": {} → {}", place(old), place(new)),
            (_, old, new) => write!(f, ": {} → {}", shown(old.as_ref()), shown(new.as_ref())),
        }
    }
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), Value::to_string)
}

fn place(value: &Value) -> String {
    let position = value.get("position").map(Value::to_string).unwrap_or_default();
    match value.get("section").and_then(Value::as_str) {
        Some(section) => format!("{section} {position}"),
        None => position,
    }
}

#[cfg(test)]
#[path = "diff_tests.rs"]
mod tests;
