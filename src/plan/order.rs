//! Which entries of one level keep their written order, in as few edges as say all of it.

use crate::plan::footprint::Touch;
use crate::tool::{Area, Footprint};

/// In a window with partial writers, at most this many entries are compared with each other; then one is put after all of
/// them, which is always safe. A playbook of a million entries is planned in bounded time and memory.
const WINDOW: usize = 2048;

/// An entry of the level: what it is called, and what it may touch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member<'a> {
    pub(super) name: &'a str,
    pub(super) touch: &'a Touch,
}

/// An order edge between two places of the level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) before: usize,
    pub(super) after: usize,
    pub(super) why: String,
}

/// The edges of a level, transitively reduced.
pub(super) fn order(members: &[Member<'_>]) -> Vec<Order> {
    let mut level = Level {
        members,
        window: Vec::new(),
        is_mixed: false,
        untied: Vec::new(),
        fence: None,
        edges: Vec::new(),
    };
    for at in 0..members.len() {
        level.add(at);
    }
    level.edges
}

struct Level<'a> {
    members: &'a [Member<'a>],
    /// Since the last entry that comes after all: those that touch something.
    window: Vec<Open>,
    /// Whether the window has an entry that writes some paths only.
    is_mixed: bool,
    /// Since the last fence: those that touch nothing.
    untied: Vec<usize>,
    fence: Option<usize>,
    edges: Vec<Order>,
}

/// An entry of the window, and which others of the window come before it through edges.
struct Open {
    at: usize,
    before: Vec<u64>,
    is_passed: bool,
}

impl Level<'_> {
    fn add(&mut self, at: usize) {
        let touch = self.members[at].touch;
        let touches_nothing = touch.footprint.reads.is_empty() && touch.footprint.is_read_only();
        let is_partial = !touch.footprint.is_read_only() && touch.footprint.writes != Area::Everything;
        let is_crowded = self.window.len() >= WINDOW && (self.is_mixed || is_partial);
        if touch.fence || touch.footprint.writes == Area::Everything || (is_crowded && !touches_nothing) {
            self.barrier(at);
        } else if touches_nothing {
            if let Some(fence) = self.fence {
                self.edge(fence, at);
            }
            self.untied.push(at);
        } else {
            self.is_mixed |= is_partial;
            self.compare(at);
        }
    }

    /// Puts an entry after all of the window, and begins a new one with it.
    fn barrier(&mut self, at: usize) {
        let is_fence = self.members[at].touch.fence;
        let implied = self.fence.filter(|_| is_fence && !self.untied.is_empty());
        let mut ends: Vec<usize> = self
            .window
            .iter()
            .filter(|it| !it.is_passed)
            .map(|it| it.at)
            .collect();
        ends.retain(|before| Some(*before) != implied);
        if is_fence {
            ends.append(&mut self.untied);
            self.fence = Some(at);
        }
        for before in ends {
            self.edge(before, at);
        }
        self.is_mixed = false;
        self.window.clear();
        self.window.push(Open {
            at,
            before: Vec::new(),
            is_passed: false,
        });
    }

    /// Puts an entry after those that it conflicts with, the nearest first, so that what they come after is implied.
    fn compare(&mut self, at: usize) {
        let touch = self.members[at].touch;
        // Without partial writers only the first of the window can conflict: a barrier with what only reads.
        let candidates = if self.is_mixed {
            self.window.len()
        } else {
            self.window.len().min(1)
        };
        let mut before = vec![0; candidates.div_ceil(64)];
        for place in (0..candidates).rev() {
            let open = &self.window[place];
            let is_implied = before
                .get(place / 64)
                .is_some_and(|word: &u64| word >> (place % 64) & 1 == 1);
            if is_implied || !must_keep(self.members[open.at].touch, touch) {
                continue;
            }
            if let Some(word) = before.get_mut(place / 64) {
                *word |= 1 << (place % 64);
            }
            for (word, more) in before.iter_mut().zip(&open.before) {
                *word |= more;
            }
            let earlier = open.at;
            self.window[place].is_passed = true;
            self.edge(earlier, at);
        }
        self.window.push(Open {
            at,
            before,
            is_passed: false,
        });
    }

    fn edge(&mut self, before: usize, after: usize) {
        let why = why(self.members[before], self.members[after]);
        self.edges.push(Order { before, after, why });
    }
}

fn must_keep(before: &Touch, after: &Touch) -> bool {
    before.fence || after.fence || before.footprint.conflicts(&after.footprint)
}

fn why(before: Member<'_>, after: Member<'_>) -> String {
    if before.touch.fence {
        return format!("fence: {}", before.name);
    }
    if after.touch.fence {
        return format!("fence: {}", after.name);
    }
    let (first, second) = (&before.touch.footprint, &after.touch.footprint);
    if first.writes == Area::Everything && second.writes == Area::Everything {
        return "both may write anything".to_owned();
    }
    clash(first, second).unwrap_or_else(|| "too many calls to compare".to_owned())
}

/// What of the second one's footprint meets the first one's.
fn clash(first: &Footprint, second: &Footprint) -> Option<String> {
    let told = |verb: &str, mine: &Area, other: &str, theirs: &Area| {
        mine.meets(theirs).then(|| match (mine, theirs) {
            (Area::Paths(_), Area::Everything) => {
                format!("{verb} {}, {} by it", paths(mine, None), might(other))
            }
            (Area::Everything, Area::Everything) => {
                format!("may {} anything, {} by it", base(verb), might(other))
            }
            (Area::Everything, Area::Paths(_)) => {
                format!("may {} {}, {other} by it", base(verb), paths(theirs, None))
            }
            (Area::Paths(_), Area::Paths(_)) => {
                format!("{verb} {}, {other} by it", paths(mine, Some(theirs)))
            }
        })
    };
    told("writes", &second.writes, "written", &first.writes)
        .or_else(|| told("reads", &second.reads, "written", &first.writes))
        .or_else(|| told("writes", &second.writes, "read", &first.reads))
}

fn base(verb: &str) -> &str {
    verb.trim_end_matches('s')
}

fn might(participle: &str) -> String {
    format!("possibly {participle}")
}

/// The paths of an area, or those that meet another one, the first in full.
fn paths(area: &Area, meeting: Option<&Area>) -> String {
    let Area::Paths(paths) = area else {
        return "anything".to_owned();
    };
    let meets = |path: &&String| meeting.is_none_or(|other| Area::Paths(vec![(*path).clone()]).meets(other));
    let mut all = paths.iter().filter(meets);
    let first = all.next().map_or("nothing", String::as_str);
    match all.count() {
        0 => format!("`{first}`"),
        more => format!("`{first}` and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tool::Access;

    fn touch(footprint: Footprint, fence: bool) -> Touch {
        Touch {
            access: Access::Opaque,
            footprint,
            fence,
            decided_here: false,
        }
    }

    fn writer() -> Touch {
        touch(Footprint::EVERYTHING, false)
    }

    fn reader() -> Touch {
        touch(Footprint::reads(Area::Everything), false)
    }

    fn writes(path: &str) -> Touch {
        touch(Footprint::writes(Area::path(path)), false)
    }

    fn edges(touches: &[Touch]) -> Vec<(usize, usize)> {
        let members: Vec<_> = touches.iter().map(|touch| Member { name: "t", touch }).collect();
        order(&members)
            .into_iter()
            .map(|it| (it.before, it.after))
            .collect()
    }

    #[test]
    fn a_chain_of_a_thousand_writers_has_an_edge_for_each_step() {
        let chain = vec![writer(); 1000];
        let expected: Vec<_> = (1..1000).map(|at| (at - 1, at)).collect();
        assert_eq!(edges(&chain), expected);
    }

    #[test]
    fn readers_run_beside_each_other_between_writers() {
        let all = [writer(), reader(), reader(), writer(), reader()];
        assert_eq!(edges(&all), [(0, 1), (0, 2), (1, 3), (2, 3), (3, 4)]);
    }

    #[test]
    fn what_is_implied_has_no_edge_of_its_own() {
        let all = [writes("/a"), writes("/b"), writes("/a/x"), writes("/a"), reader()];
        assert_eq!(edges(&all), [(0, 2), (2, 3), (3, 4), (1, 4)]);
    }

    #[test]
    fn only_a_fence_holds_what_touches_nothing() {
        let nothing = touch(Footprint::NOTHING, false);
        let fence = touch(Footprint::EVERYTHING, true);
        let all = [writer(), nothing.clone(), writer(), fence, nothing];
        assert_eq!(edges(&all), [(0, 2), (2, 3), (1, 3), (3, 4)]);
    }

    /// The closure of the edges covers every conflict, and no edge follows from others.
    #[test]
    fn the_edges_say_every_conflict_and_nothing_twice() {
        let kinds = [
            writer(),
            reader(),
            writes("/a"),
            writes("/b"),
            touch(Footprint::NOTHING, false),
        ];
        let fence = touch(Footprint::EVERYTHING, true);
        for seed in 0..200_usize {
            let mut state = seed * 2_654_435_761 + 1;
            let all: Vec<_> = (0..20)
                .map(|_| {
                    state = state
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1_442_695_040_888_963_407);
                    let pick = (state >> 33) % 16;
                    if pick == 0 {
                        fence.clone()
                    } else {
                        kinds[pick % kinds.len()].clone()
                    }
                })
                .collect();
            let found = edges(&all);
            let reach = |without: Option<(usize, usize)>| {
                let mut reach = vec![vec![false; all.len()]; all.len()];
                for after in 0..all.len() {
                    for edge in found.iter().filter(|it| it.1 == after && Some(**it) != without) {
                        let through = reach[edge.0].clone();
                        reach[after]
                            .iter_mut()
                            .zip(through)
                            .for_each(|(mine, theirs)| *mine |= theirs);
                        reach[after][edge.0] = true;
                    }
                }
                reach
            };
            let full = reach(None);
            for after in 0..all.len() {
                for before in 0..after {
                    assert!(
                        !must_keep(&all[before], &all[after]) || full[after][before],
                        "seed {seed}"
                    );
                }
            }
            for edge in &found {
                assert!(
                    !reach(Some(*edge))[edge.1][edge.0],
                    "seed {seed}: {edge:?} is implied"
                );
            }
        }
    }

    #[test]
    fn a_level_too_wide_to_compare_is_ordered_all_the_same() {
        let all: Vec<_> = (0..5000).map(|at| writes(&format!("/{at}"))).collect();
        assert!(edges(&all).len() < 10_000);
    }
}
