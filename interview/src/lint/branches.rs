//! Branches that are never taken, or that lead in a circle.
//!
//! Owns: judging where branches lead. `dialogue::selection` takes each condition once, and only to
//! a section that has not been held. Never does: judge their conditions.

use super::diagnostic::{Level, Report};
use super::plan::Plan;

pub(super) fn check(plan: &Plan<'_>, report: &mut Report) {
    let branches = &plan.guide.adaptive_rules.branching_logic;
    // From which section to which, and the branch, for those that can be taken.
    let mut edges: Vec<(usize, usize, usize)> = Vec::new();
    for (index, branch) in branches.iter().enumerate() {
        let path = format!("/adaptive_rules/branching_logic/{index}");
        let Some(target) = plan.guide.section_index(&branch.target_section) else { continue };
        let name = &plan.section(target).section_name;
        let source = plan.bound(&branch.condition).ok().flatten().map(|(place, _)| place);
        match source {
            Some(source) if source.section == target => report.add(
                Level::Error,
                "branch-loop",
                format!("{path}/target_section"),
                format!(
                    "the question {:?} stands in {name:?} itself: the branch would lead back to where it comes from, and is \
                     never taken",
                    source.question.id
                ),
                "lead to another section, or use a follow-up trigger to stay with the question",
            ),
            _ if target == 0 => report.add(
                Level::Error,
                "branch-loop",
                format!("{path}/target_section"),
                format!("{name:?} is always the first section, and none is held twice: the branch is never taken"),
                "lead to a later section",
            ),
            Some(source) if plan.always_precedes(target, source.section) => report.add(
                Level::Error,
                "branch-loop",
                format!("{path}/target_section"),
                format!(
                    "{name:?} is over when {:?} is asked, and none is held twice: the branch back is never taken",
                    source.question.id
                ),
                "lead to a section that comes later",
            ),
            Some(source) => edges.push((source.section, target, index)),
            None => {}
        }
        let same = |other: &&crate::guide::Branch| other.condition == branch.condition;
        let first = branches.iter().filter(same).map(|other| other.priority).max();
        let before = branches[..index].iter().filter(same).any(|other| Some(other.priority) == first);
        if first > Some(branch.priority) || before {
            report.add(
                Level::Warning,
                "branch-shadowed",
                format!("{path}/condition"),
                "another branch with the same condition comes first, and each condition branches once".to_owned(),
                "merge the two, or tell their conditions apart",
            );
        }
    }
    for cycle in cycles(&edges) {
        let names: Vec<&str> = cycle.iter().map(|&edge| plan.section(edges[edge].0).section_name.as_str()).collect();
        let index = cycle.iter().map(|&edge| edges[edge].2).max().unwrap_or_default();
        report.add(
            Level::Warning,
            "branch-loop",
            format!("/adaptive_rules/branching_logic/{index}/target_section"),
            format!(
                "branches lead in a circle: {} → {}; each section is held once, so whichever comes last is not followed",
                names.join(" → "),
                names.first().copied().unwrap_or_default()
            ),
            "remove one branch of the circle",
        );
    }
}

/// Returns the circles of edges, each once, as the indices of its edges from its smallest section
/// on.
fn cycles(edges: &[(usize, usize, usize)]) -> Vec<Vec<usize>> {
    let mut found: Vec<Vec<usize>> = Vec::new();
    let mut starts: Vec<usize> = edges.iter().map(|edge| edge.0).collect();
    starts.sort_unstable();
    starts.dedup();
    for start in starts {
        // Nodes below the start belong to circles that were found before. One circle for each start
        // is enough to act on.
        let mut paths = vec![Vec::new()];
        let mut seen = vec![start];
        while let Some(path) = paths.pop() {
            let at = path.last().map_or(start, |&edge: &usize| edges[edge].1);
            if at == start && !path.is_empty() {
                found.push(path);
                break;
            }
            for (edge, &(from, to, _)) in edges.iter().enumerate() {
                if from == at && to >= start && (to == start || !seen.contains(&to)) {
                    seen.push(to);
                    let mut longer = path.clone();
                    longer.push(edge);
                    paths.push(longer);
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::testing::{changed, summary};

    fn branches(branches: &[(&str, &str, u8)]) -> Vec<String> {
        let branches: Vec<Value> = branches
            .iter()
            .map(|(condition, target, priority)| {
                json!({ "condition": condition, "target_section": target, "priority": priority })
            })
            .collect();
        summary(&changed(|guide| guide["adaptive_rules"] = json!({ "branching_logic": branches })))
    }

    #[test]
    fn branches_ahead_are_fine() {
        assert_eq!(branches(&[("how: answer is on foot", "wishes", 3)]), [""; 0]);
        assert_eq!(branches(&[("low score", "Wishes", 3), ("frustration", "verdict", 3)]), [""; 0]);
        // The interview would go from wishes, brought forward, back to verdict anyway, but the
        // branch can be taken.
        assert_eq!(
            branches(&[("how: answer is on foot", "wishes", 3), ("wish: mentions price", "verdict", 3)]),
            [""; 0]
        );
    }

    #[test]
    fn branches_back_are_never_taken() {
        let loops = |at: usize| [format!("branch-loop /adaptive_rules/branching_logic/{at}/target_section")];
        assert_eq!(branches(&[("score: low score", "verdict", 3)]), loops(0), "to itself");
        assert_eq!(branches(&[("score: low score", "habits", 3)]), loops(0), "to the first");
        assert_eq!(branches(&[("mentions delay", "habits", 3)]), loops(0), "to the first");
        assert_eq!(branches(&[("wish: mentions price", "verdict", 3)]), loops(0), "to one that is over");
    }

    #[test]
    fn circles_are_found() {
        let found = branches(&[("score: low score", "wishes", 3), ("wish: mentions price", "verdict", 3)]);
        assert_eq!(found, ["branch-loop /adaptive_rules/branching_logic/1/target_section"]);
        assert_eq!(super::cycles(&[(1, 2, 0), (2, 3, 1), (3, 1, 2), (0, 1, 3)]), [[0, 1, 2]]);
        assert_eq!(super::cycles(&[(1, 2, 0), (2, 3, 1), (1, 3, 2)]), [[0; 0]; 0]);
    }

    #[test]
    fn a_condition_branches_once() {
        let found = branches(&[("mentions delay", "verdict", 3), ("mentions delay", "wishes", 4)]);
        assert_eq!(found, ["branch-shadowed /adaptive_rules/branching_logic/0/condition"]);
        let found = branches(&[("mentions delay", "verdict", 3), ("mentions delay", "wishes", 3)]);
        assert_eq!(found, ["branch-shadowed /adaptive_rules/branching_logic/1/condition"]);
    }
}
