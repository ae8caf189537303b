//! The closed list of diagnostic codes.

macro_rules! codes {
    ($($variant:ident, $name:literal, $explain:literal;)*) => {
        /// The stable name of one kind of mistake.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $explain] $variant,)*
        }

        impl Code {
            /// Every code, in the order of the stages that find them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name that is printed and searched for; it never changes.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// What the mistake is, why it is one, and how it is put right: a paragraph.
            pub const fn explain(self) -> &'static str {
                match self {
                    $(Self::$variant => $explain,)*
                }
            }
        }
    };
}

codes! {
    UnreadableFile, "unreadable-file",
        "A file cannot be read: it is missing, a directory, not permitted, not UTF-8, or larger than 64 MiB.";
    YamlSyntax, "yaml-syntax",
        "The text is not YAML 1.2. The item around the mistake cannot be read, and what depends on it is not checked; the \
         rest of the file is.";
    TomlSyntax, "toml-syntax",
        "A file of settings is not TOML.";
    EmptyFile, "empty-file",
        "The file holds nothing but space and comments. An empty playbook is far more often a mistake than a wish.";
    MultipleDocuments, "multiple-documents",
        "The file holds a second YAML document after `---`. A playbook is one document; the rest would be ignored.";
    DuplicateKey, "duplicate-key",
        "A map has the same key twice. YAML readers that accept this keep one of the two and lose the other silently.";
    InvalidKey, "invalid-key",
        "The key of a map is nothing, a list or a map. Keys are text; numbers and booleans are taken as written.";
    InvalidMerge, "invalid-merge",
        "The value of the merge key `<<` is neither a map nor a list of maps.";
    YamlTag, "yaml-tag",
        "A value begins with a YAML tag such as `!vault`. Tags are refused: other readers drop unknown ones, so that \
         `when: !x` would mean \"always\" and a ciphertext would become the password.";
    LeadingBang, "leading-bang",
        "A value begins with a bare `!`, which YAML drops: `when: ! failed` would mean the opposite of what it says. \
         Write `not failed`, or quote the value.";
    UnusedAnchor, "unused-anchor",
        "A value begins with `&name` and nothing refers to that anchor. YAML takes the word away, so that \
         `hosts: &staging` would be empty. Quote the value, or remove the anchor.";
    ImpreciseNumber, "imprecise-number",
        "A number would not print as it was written: `1.10` is 1.1, `1e3` is 1000, `0x10` is 16. Quote it to keep it, \
         or write the number plainly.";
    UnquotedTemplate, "unquoted-template",
        "A `{{ }}` is where YAML reads its braces as a map. Quote the whole value.";
    FlowRange, "flow-range",
        "A range or subscript such as `web[1:3]` stands inside `{ }` or `[ ]`, where YAML reads its bracket as a list. \
         Quote it.";
    ColonInText, "colon-in-text",
        "A text without quotes contains a colon followed by space, which YAML reads as a key. Quote the text, or write \
         it as a block after `|`.";
    TooLarge, "too-large",
        "The text, or what its aliases make of it, exceeds 64 MiB or two million values.";
    TooDeep, "too-deep",
        "Lists and maps are nested more than 64 deep.";
    UnknownKey, "unknown-key",
        "A key is not known at this place. No key is accepted and ignored, so a misspelt one is always an error.";
    MissingKey, "missing-key",
        "A required key is not there.";
    WrongType, "wrong-type",
        "A value has another type than the key needs.";
    NullValue, "null-value",
        "A key has no value where one is needed. `hosts:` with nothing after it must not come to mean every host.";
    NotOnThisEntry, "not-on-this-entry",
        "The key exists, but not on this kind of entry.";
    TruthyWord, "truthy-word",
        "`yes`, `no`, `on` and `off` are text in YAML 1.2. Write `true` or `false`.";
    FileMode, "file-mode",
        "A file mode is written so that it could be read wrongly: `755` is a decimal number. Write `0755`, which is \
         octal with or without quotes, or a symbolic mode.";
    Duration, "duration",
        "A duration is a number with a unit: `500ms`, `30s`, `5m`, `2h`.";
    HostShare, "host-share",
        "A number of hosts is a count or a percentage. A batch has at least one host, and no round has more than all of \
         its hosts.";
    InvalidName, "invalid-name",
        "A name contains a character that it may not have.";
    ReservedName, "reserved-name",
        "The name is one that rmote-play itself defines, such as `host` or `results`.";
    DuplicateName, "duplicate-name",
        "Two rounds or two hosts have the same name.";
    DuplicateId, "duplicate-id",
        "Two entries of a file have the same `id`.";
    ImportCycle, "import-cycle",
        "A file imports itself, or a template brings in itself, directly or through others. What both need belongs in a file of its own.";
    WrongImport, "wrong-import",
        "The imported file is not what its place needs: entries of `calls` import a unit, a file with `calls`; entries of \
         `rounds` import a file with `rounds`.";
    UnknownInput, "unknown-input",
        "The imported file does not declare an input of this name. An import passes nothing else: what a unit reads \
         stands in its `inputs`.";
    MissingInput, "missing-input",
        "An input without a default has no value: nothing is passed for it by `vars` of the import, and no variable of \
         that name is defined where the import stands.";
    InvalidInput, "invalid-input",
        "The value of an input is not of its declared type, or not one of its `enum`.";
    UnknownTool, "unknown-tool",
        "No tool has this name. `rmote-play tools` lists them.";
    UnknownArgument, "unknown-argument",
        "The tool has no argument of this name.";
    MissingArgument, "missing-argument",
        "A required argument of the tool is not given.";
    InvalidArgument, "invalid-argument",
        "The value of an argument is not one that the tool accepts.";
    InvalidValue, "invalid-value",
        "An expression fails with the values that its variables have: an index is beyond the end of a list, a number is \
         divided by zero, a text is added to a number.";
    TemplateSyntax, "template-syntax",
        "A `{{ }}` or `{% %}` cannot be parsed.";
    ExpressionSyntax, "expression-syntax",
        "An expression, such as that of `when`, cannot be parsed.";
    MixedExpression, "mixed-expression",
        "Where an expression is needed, text is mixed with `{{ }}`. Write the bare expression.";
    NotBoolean, "not-boolean",
        "A condition gives something other than `true` or `false`. There are no truthy strings.";
    ImpossibleComparison, "impossible-comparison",
        "A comparison can only come out one way: a text is never equal to a number and has no order with one, and a fact that \
         is one of some words is never another. `facts.os.family == 'Debian'` would skip for ever: the value is `debian`.";
    PrintedCollection, "printed-collection",
        "A list or map is printed into a text, as brackets and quotes. `| join(' ')` or `| to_json` says how it is meant.";
    UndefinedVariable, "undefined-variable",
        "A template reads a name that nothing defines.";
    UnusedVariable, "unused-variable",
        "A variable is defined and never read.";
    UnusedId, "unused-id",
        "An `id` is next to a `name`, and nothing refers to it.";
    ShadowedName, "shadowed-name",
        "A loop binds a name that already means something there, which cannot be reached inside.";
    VariableCycle, "variable-cycle",
        "Variables are defined by each other in a circle.";
    UnknownId, "unknown-id",
        "No entry has this `id`.";
    LaterId, "later-id",
        "An entry refers to the result of one that is written below it, and so runs later. Move it under that one.";
    UnknownField, "unknown-field",
        "The result of the tool has no field of this name.";
    SkippedResult, "skipped-result",
        "An entry that runs reads a field of a call that `--skip-tags` skips, and would fail: a skipped call has no output. \
         Skip the reader too, or guard it: `when: not results.x.skipped`, or `results.x.stdout | default('')`. `changed`, \
         `failed`, `skipped` and `status` are there of every result.";
    InvalidPattern, "invalid-pattern",
        "A host pattern cannot be parsed.";
    EmptyPattern, "empty-pattern",
        "A part of a host pattern matches nothing. A misspelt `!db` would widen the selection silently.";
    AmbiguousName, "ambiguous-name",
        "A host and a group have the same name, so that a pattern could mean either.";
    InvalidHost, "invalid-host",
        "The name or range of a host, or one of its settings, is not valid.";
    UnknownHost, "unknown-host",
        "The inventory has no host of this name.";
    UnknownGroup, "unknown-group",
        "The inventory has no group of this name.";
    UnknownRound, "unknown-round",
        "No round has this name.";
    GroupConflict, "group-conflict",
        "Two groups of the same depth give a host different values for one variable; the later name wins.";
    DependencyCycle, "dependency-cycle",
        "Rounds, groups or calls wait for each other in a circle.";
    MissingFile, "missing-file",
        "A file that the playbook names is not there on this machine.";
    UnknownSecret, "unknown-secret",
        "`secrets` of the playbook has no secret of this name.";
    EncryptedFile, "encrypted-file",
        "An encrypted file of variables cannot be opened: no identity or password was given, it is for others, or it is \
         damaged. `--age-identity` and `--vault-password-file` name what opens it.";
    SecretInCommand, "secret-in-command",
        "A secret would stand in the arguments of a command, where every user of the host can read it. Give it by \
         `env` or `stdin`.";
    UnquotedInShell, "unquoted-in-shell",
        "Text that comes from a host is in a shell script as it is, where the shell would obey it.";
    UnusableValue, "unusable-value",
        "A value of an inventory that cannot be used is read: a ciphertext without its password, or a template with \
         what this version does not know, such as `lookup`. Where nothing reads it, it is no error.";
    InventoryFormat, "inventory-format",
        "An inventory does not have the form that Ansible reads: a section, host line, key or type is not known.";
    InventoryScript, "inventory-script",
        "An executable inventory could not be started, did not end in time, failed, or did not print the JSON that is \
         asked of it.";
    InventoryNotRun, "inventory-not-run",
        "An executable inventory was not run, as nothing is while checking; its hosts are not known, so that checks \
         that depend on them are warnings. `--run-inventory` runs it.";
    WritableByOthers, "writable-by-others",
        "An inventory script, or a folder of variables, can be written by every user of this machine, any of whom \
         could have a command of theirs run. Take that permission away.";
    UnmappedSetting, "unmapped-setting",
        "A setting of Ansible's connections has no counterpart here. It stays readable as a variable, and does nothing.";
    SurprisingValue, "surprising-value",
        "A value of an INI inventory has a type that its writing does not suggest, by the rules of Ansible: `FALSE` is \
         text, `007` is text, and `1 # one` is a number without its comment where `a # b` keeps it.";
    ShadowedFile, "shadowed-file",
        "A file of variables is not read, since another one of the same name is found first, as Ansible has it.";
    ShellSyntax, "shell-syntax",
        "A word that only a shell obeys, such as `|` or `$HOME`, is an argument of `exec.command`, which starts the program \
         without a shell.";
    ContentTwice, "content-twice",
        "Two calls of one round write the same file: one undoes what the other has done, and every run changes it twice.";
    Unreachable, "unreachable",
        "An entry is below a `fail` that has no condition, and never runs.";
    EmptyCalls, "empty-calls",
        "A list of calls is empty: nothing is done.";
    NeverNotified, "never-notified",
        "An entry waits with `on_change` for nothing, or for a call that only looks and never changes anything.";
    UnguardedResult, "unguarded-result",
        "The output of a call is read whose errors are ignored: where it failed there is none, and the reader fails.";
    SecretInPath, "secret-in-path",
        "A secret is a part of a path. Names of files are in listings, logs and processes, where everybody sees them.";
    UnusedFile, "unused-file",
        "A file of variables is named after a group that does not exist: nothing reads it.";
    CommentInCommand, "comment-in-command",
        "YAML cuts a command without quotes at ` #`. Quote it, or write it as a block after `|`.";
}

impl Code {
    /// Whether it is of what is legal and surely not meant.
    pub const fn is_lint(self) -> bool {
        matches!(
            self,
            Self::PrintedCollection
                | Self::ShellSyntax
                | Self::ContentTwice
                | Self::Unreachable
                | Self::EmptyCalls
                | Self::NeverNotified
                | Self::UnguardedResult
                | Self::SecretInPath
                | Self::UnusedFile
        )
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn every_name_is_the_variant_in_kebab_case_and_explained() {
        for code in Code::ALL {
            let mut kebab = String::new();
            for letter in format!("{code:?}").chars() {
                if letter.is_uppercase() && !kebab.is_empty() {
                    kebab.push('-');
                }
                kebab.extend(letter.to_lowercase());
            }
            assert_eq!(code.as_str(), kebab);
            assert!(code.explain().ends_with('.'), "{code}");
        }
    }
}
