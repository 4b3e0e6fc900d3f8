//! Tests that the guides and personas of the repository are valid and fit each other.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use interview::Guide;

use super::answers::AnswerBook;
use super::heard::share_found;
use super::persona::{DECLINE, Persona};

/// Returns a path below the root of the repository.
fn shipped(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = shipped(folder);
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn guide(path: &Path) -> Guide {
    let text = std::fs::read_to_string(path).unwrap();
    interview::guide::parse(&text).unwrap_or_else(|problems| panic!("{}: {problems:#?}", path.display()))
}

fn questions(guide: &Guide) -> impl Iterator<Item = &interview::guide::Question> {
    guide.sections.iter().flat_map(|section| &section.questions)
}

#[test]
fn every_guide_is_read_and_has_its_own_ids() {
    let files = files("guides");
    assert!(files.len() >= 3);
    for path in files {
        let guide = guide(&path);
        let mut ids = BTreeSet::new();
        for question in questions(&guide) {
            assert!(!question.id.is_empty() && ids.insert(&question.id), "{}: {}", path.display(), question.id);
            assert!(
                question.text.matches('?').count() <= 1,
                "{}: one thing at a time: {}",
                path.display(),
                question.text
            );
        }
        assert!(questions(&guide).any(|question| question.required), "{}", path.display());
    }
}

#[test]
fn required_questions_of_a_guide_are_not_mistaken_for_each_other() {
    for path in files("guides") {
        let guide = guide(&path);
        for question in questions(&guide) {
            for other in questions(&guide).filter(|other| other.id != question.id) {
                let share = share_found(&question.text, &other.text);
                assert!(share < 0.6, "{}: {} in {}", path.display(), question.id, other.id);
            }
        }
    }
}

#[test]
fn every_persona_has_an_answer_of_its_own_to_each_question_of_the_short_guide() {
    let short = guide(&shipped("guides/short.yaml"));
    assert_eq!(questions(&short).filter(|question| question.required).count(), 4);
    let files = files("personas");
    assert!(files.len() >= 3);
    for path in files {
        let persona = Persona::load(&path).unwrap();
        assert_ne!(Some(&persona.voice), short.voice_profile.voice.as_ref(), "{}", path.display());
        let mut book = AnswerBook::new(persona.clone());
        let mut said = BTreeSet::new();
        for question in questions(&short) {
            let text = book.to_question(&question.id, &question.text).text();
            let declined = persona.behaviours.declines.contains(&question.id);
            assert_eq!(text == DECLINE, declined, "{}: {}", path.display(), question.id);
            assert!(text != persona.default && said.insert(text), "{}: {}", path.display(), question.id);
        }
        for id in &persona.behaviours.declines {
            assert!(questions(&short).any(|question| question.id == *id), "{}: no question {id}", path.display());
        }
    }
}

#[test]
fn facts_can_be_recovered_from_what_the_persona_says() {
    for path in files("personas") {
        let persona = Persona::load(&path).unwrap();
        let everything: Vec<String> = persona.everything_said().iter().map(super::persona::Spoken::text).collect();
        for fact in &persona.facts {
            let there = everything.iter().any(|text| super::heard::contains(text, &fact.text));
            let told = fact.reveal != super::persona::Reveal::NeverUnprompted;
            assert!(there || !told, "{}: {}", path.display(), fact.id);
        }
    }
}
