//! The law that a secret is found in whatever form programs write it: secrets of several alphabets, written by real programs.

use std::process::{Command, Stdio};

use crate::secret::{MASK, Masker};

/// Random texts that are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap_or(0) % sides
    }

    fn text(&mut self, letters: &str, least: usize, most: usize) -> String {
        let letters: Vec<char> = letters.chars().collect();
        let length = least + self.roll(most - least + 1);
        (0..length).map(|_| letters[self.roll(letters.len())]).collect()
    }
}

/// Alphabets in which passwords are written, and in which programs write them differently.
const ALPHABETS: [&str; 7] = [
    "abcdefXYZ0123456789",
    "ab'\"\\$`!#&;|<>(){}[]*?~%=",
    "pässwörtéèñçßÅ",
    "пароль→✓漢字😀ab",
    "ab cd ef",
    "a\u{1b}\u{7}\u{8}\u{1}b\u{7f}c",
    "xX/+=_-.:@,\u{a0}z",
];

/// Programs that write what they are given in `X`, each in a form of its own; those that are not here are left out.
const PROGRAMS: [(&str, &str); 18] = [
    ("bash", "printf %s \"$X\""),
    ("bash", "printf '%q' \"$X\""),
    ("bash", "printf '%q' \"q$X\""),
    ("bash", "declare -p X"),
    ("bash", "export -p | grep -a ' X='"),
    ("bash", "set -x; : \"$X\"; "),
    ("bash", "echo \"${X@Q}\""),
    ("bash", "printf 'user:%s' \"$X\" | base64 -w0"),
    ("bash", "printf %s \"$X\" | base64 -w0"),
    ("bash", "printf %s \"$X\" | od -An -tx1"),
    ("bash", "printf 'pw=%s' \"$X\" | od -An -tx1"),
    ("bash", "echo $X"),
    ("bash", "printf %s \"$X\" | hexdump -C"),
    ("bash", "printf %s \"$X\" | xxd -p -c 256"),
    ("python3", "import os; x = os.environb[b'X']; print(x)"),
    ("python3", "import os; print(ascii(os.environ['X']))"),
    (
        "python3",
        "import os, json; print(json.dumps(json.dumps(os.environ['X'])))",
    ),
    (
        "python3",
        "import os, urllib.parse as u; print(u.quote(os.environ['X']), u.quote_plus(os.environ['X']))",
    ),
];

/// What a program writes to both of its outputs, in the C locale, as agents run them.
fn written(program: &str, script: &str, secret: &str) -> Option<Vec<u8>> {
    let run = Command::new(program)
        .args(["-c", script])
        .env("X", secret)
        .env("LC_ALL", "C")
        .env("PYTHONUTF8", "1")
        .stdin(Stdio::null())
        .output()
        .ok()?;
    Some([run.stdout, run.stderr].concat())
}

/// The longest part of a secret's own letters and digits that is left of it, in a text.
fn left(secret: &str, shown: &str) -> usize {
    let words = secret.split(|c: char| !c.is_ascii_alphanumeric());
    words
        .filter(|word| word.len() >= 4 && shown.contains(word))
        .map(str::len)
        .max()
        .unwrap_or(0)
}

#[test]
fn a_secret_of_any_alphabet_is_masked_in_what_programs_write_of_it() {
    let mut dice = Dice(5);
    let mut tried = 0;
    for alphabet in ALPHABETS {
        for _ in 0..4 {
            let secret = dice.text(alphabet, 8, 40);
            // Words that are lost wherever they are not masked.
            let secret = format!("K3y{secret}CANARY");
            let masker = Masker::default();
            assert!(masker.hide(&secret));
            for (program, script) in PROGRAMS {
                let Some(bytes) = written(program, script, &secret) else {
                    continue;
                };
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let shown = masker.text(&text);
                let all = format!("{program} {script}: {secret:?} is shown in {text:?} as {shown:?}");
                assert_eq!(left(&secret, &shown), 0, "{all}");
                for trace in ["CANARY", "43414e415259", "43 41 4e 41", "4e 41 52 59", "Q0FOQVJZ"] {
                    assert!(!shown.contains(trace), "{all}");
                }
                assert!(bytes.is_empty() || shown.contains(MASK), "{all}");
                tried += 1;
            }
        }
    }
    assert!(tried > 250, "{tried}");
}

#[test]
fn blanks_at_the_ends_of_a_secret_do_not_hide_it_from_being_found() {
    for secret in [
        "pass word 77  ",
        "  pass word 77",
        "\tpass word 77\r\n",
        "pass   word \t 77",
    ] {
        let masker = Masker::default();
        assert!(masker.hide(secret));
        for shown in [
            secret.trim().to_owned(),
            secret.split_whitespace().collect::<Vec<_>>().join(" "),
        ] {
            assert_eq!(masker.text(&format!("[{shown}]")), "[***]", "{secret:?}");
        }
    }
    assert!(!Masker::default().hide("ab      "));
}

#[test]
fn a_number_is_a_secret_by_its_text_and_a_short_one_cannot_be_looked_for() {
    use crate::value::Value;
    let masker = Masker::default();
    assert!(masker.hide_all(&Value::Int(90_817_263)));
    assert!(masker.hide_all(&Value::Float(2.501_592_65)));
    assert!(!masker.hide_all(&Value::Int(4839)));
    assert_eq!(
        masker.text("pw 90817263, OTA4MTcyNjM=, 2.50159265"),
        "pw ***, ***M=, ***"
    );
    let mut value = Value::List(vec![Value::Int(90_817_263), Value::Int(1)]);
    masker.value(&mut value);
    assert_eq!(value, Value::List(vec![MASK.into(), Value::Int(1)]));
}

#[test]
fn what_is_made_of_a_secret_and_too_short_to_be_looked_for_is_told() {
    use crate::value::Value;
    let masker = Masker::default();
    masker.hide("Ab3xZ9qL");
    let short = |text: &str| Value::Str(text.to_owned());
    assert!(!masker.hide_derived(&short("Ab3x")));
    assert!(!masker.hide_derived(&Value::Int(8)));
    assert!(!masker.hide_derived(&Value::List(vec![short("A"), short("b")])));
    assert!(masker.hide_derived(&Value::List(vec![short("app"), short("Ab3xZ9qL")])));
    assert!(masker.hide_derived(&short("Lq9Zx3bA")));
    assert!(masker.hide_derived(&Value::Bool(true)) && masker.hide_derived(&short("")));
}

/// A key store of some hundred KiB costs tens of MiB, not hundreds.
#[test]
fn a_large_secret_is_found_and_its_forms_are_few() {
    let mut dice = Dice(3);
    let secret = dice.text("abcdefghijklmnopqrstuvwxyz0123456789", 300_000, 300_000);
    let masker = Masker::default();
    assert!(masker.hide(&secret));
    assert_eq!(masker.text(&secret), MASK);
    let all: usize = super::forms::forms(&secret).iter().map(Vec::len).sum();
    assert!(all < 8 * secret.len(), "{all}");
}
