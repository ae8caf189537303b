//! Random values in random files.

use serde_json::{Value as Json, json};

use crate::tools::fs::data::{Format, Place, Set, Step, edit};

struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % end as u64).unwrap()
    }

    fn value(&mut self, depth: usize) -> Json {
        match self.below(if depth == 0 { 5 } else { 7 }) {
            0 => json!(self.below(1000)),
            1 => json!(self.below(2) == 0),
            2 => json!(
                [
                    "plain",
                    "two words",
                    "it's",
                    "say \"x\"",
                    "yes",
                    "1.5",
                    "",
                    "a: b",
                    "# x",
                    "-",
                    "~",
                    "ž"
                ][self.below(12)]
            ),
            3 => json!(f64::from(u32::try_from(self.below(100)).unwrap()) / 4.0),
            4 => json!("x".repeat(self.below(3))),
            5 => {
                let items = (0..self.below(3)).map(|_| self.value(depth - 1));
                Json::Array(items.collect())
            }
            _ => {
                let pairs = (0..self.below(3)).map(|_| {
                    (
                        ["a", "b", "c d", "on"][self.below(4)].to_owned(),
                        self.value(depth - 1),
                    )
                });
                Json::Object(pairs.collect())
            }
        }
    }

    fn place(&mut self) -> Place {
        let steps = (0..=self.below(3)).map(|at| match self.below(4) {
            0 if at > 0 => Step::Index(self.below(3)),
            _ => Step::Key(["a", "b", "c d", "on"][self.below(4)].to_owned()),
        });
        Place(steps.collect())
    }
}

/// Random values are set in random files: each is then as it is in data to which the same was done, or refused and nothing else.
#[test]
fn what_is_set_at_random_is_there_and_nothing_else_has_changed() {
    for format in [Format::Json, Format::Toml, Format::Yaml] {
        let (mut done, mut refused) = (0, 0);
        for seed in 0..1500 {
            let mut random = Random(seed * 7919 + 3);
            let (mut text, mut data) = (String::new(), Json::Null);
            for _ in 0..6 {
                let place = random.place();
                let is_item = matches!(place.0.last(), Some(Step::Index(_)));
                let value = (is_item || random.below(4) > 0).then(|| random.value(2));
                let mut expected = data.clone();
                let is_possible = place.apply(&mut expected, value.as_ref()).is_ok();
                let set = Set { place, value };
                match edit(format, &text, std::slice::from_ref(&set), None) {
                    Ok(edited) => {
                        assert!(is_possible, "{format:?} {set:?} in\n{text}");
                        let again =
                            edit(format, &edited.text, std::slice::from_ref(&set), None).map(|it| it.text);
                        assert_eq!(again.as_ref(), Ok(&edited.text), "{format:?} {set:?} in\n{text}");
                        (text, data) = (edited.text, expected);
                        done += 1;
                    }
                    Err(_) if !is_possible => {}
                    Err(why) => {
                        assert!(
                            !why.contains("a change to other values"),
                            "{format:?} {set:?}: {why} in\n{text}"
                        );
                        refused += 1;
                    }
                }
            }
        }
        assert!(done > refused * 20, "{format:?}: {done} done, {refused} refused");
    }
}
