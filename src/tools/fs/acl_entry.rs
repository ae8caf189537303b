//! Entries of access lists: as they are written, and what becomes of a list.

use serde::{Deserialize, Serialize};

use crate::argument::Text;
use crate::failure::Failure;
use crate::system::{AclEntry, AclKind, AclTag, Reader};

/// Whom an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Sort {
    /// A user, or the owner.
    User,
    /// A group, or that of the thing.
    Group,
    /// What all but the owner and others get at most.
    Mask,
    /// Everybody else.
    Other,
}

/// An entry that is asked for.
pub(super) struct Asked {
    pub(super) kind: AclKind,
    pub(super) sort: Sort,
    pub(super) entity: Option<Text>,
    pub(super) permissions: Option<String>,
}

/// The same with the numbers of the host.
pub(super) struct Wanted {
    pub(super) kind: AclKind,
    pub(super) tag: AclTag,
    pub(super) permissions: Option<String>,
}

impl Asked {
    /// Reads `default:user:name:rwx`.
    pub(super) fn read(text: &str, is_present: bool) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{}` is not an entry; write it as user:NAME:rwx",
                text.escape_debug()
            )
        };
        let mut words: Vec<&str> = text.split(':').map(str::trim).collect();
        let is_default = matches!(words.first(), Some(&("d" | "default")));
        if is_default {
            words.remove(0);
        }
        let sort = match words.first() {
            Some(&("u" | "user")) => Sort::User,
            Some(&("g" | "group")) => Sort::Group,
            Some(&("m" | "mask")) => Sort::Mask,
            Some(&("o" | "other")) => Sort::Other,
            _ => return Err(wrong()),
        };
        let (entity, permissions) = match words[1..] {
            [entity, permissions] => (entity, Some(permissions)),
            [permissions] if is_present && matches!(sort, Sort::Mask | Sort::Other) => {
                ("", Some(permissions))
            }
            [entity] if !is_present => (entity, None),
            _ => return Err(wrong()),
        };
        let asked = Self {
            kind: if is_default {
                AclKind::Default
            } else {
                AclKind::Access
            },
            sort,
            entity: Some(Text::from(entity)).filter(|it| !it.0.is_empty()),
            permissions: permissions.filter(|it| !it.is_empty()).map(str::to_owned),
        };
        asked.verify(is_present)?;
        Ok(asked)
    }

    pub(super) fn verify(&self, is_present: bool) -> Result<(), String> {
        if self.entity.is_some() && matches!(self.sort, Sort::Mask | Sort::Other) {
            return Err("`mask` and `other` are about nobody in particular".to_owned());
        }
        if is_present && self.permissions.is_none() {
            return Err("`permissions` is needed".to_owned());
        }
        if !is_present && self.permissions.is_some() {
            return Err("what is to be absent has no `permissions`".to_owned());
        }
        if !is_present && self.entity.is_none() {
            return Err("the owner, the group and others always have an entry: only that of a named user or group can be absent".to_owned());
        }
        Ok(())
    }

    pub(super) fn numbered(self, host: &Reader<'_>) -> Result<Wanted, Failure> {
        let tag = match (self.sort, &self.entity) {
            (Sort::User, Some(name)) => AclTag::User(host.uid_of(name)?),
            (Sort::User, None) => AclTag::Owner,
            (Sort::Group, Some(name)) => AclTag::Group(host.gid_of(name)?),
            (Sort::Group, None) => AclTag::OwnGroup,
            (Sort::Mask, _) => AclTag::Mask,
            (Sort::Other, _) => AclTag::Other,
        };
        Ok(Wanted {
            kind: self.kind,
            tag,
            permissions: self.permissions,
        })
    }
}

pub(super) const fn is_base(tag: AclTag) -> bool {
    matches!(tag, AclTag::Owner | AclTag::OwnGroup | AclTag::Other)
}

/// A list with what is wanted.
pub(super) fn edited(
    mut entries: Vec<AclEntry>,
    wanted: &[&Wanted],
    is_present: bool,
    is_exclusive: bool,
    is_executable: bool,
) -> Vec<AclEntry> {
    if is_exclusive {
        entries.retain(|(tag, _)| is_base(*tag) || wanted.iter().any(|it| it.tag == *tag));
    }
    for it in wanted {
        if !is_present {
            entries.retain(|(tag, _)| *tag != it.tag);
            continue;
        }
        let given = it.permissions.as_deref();
        let bits = given.and_then(|text| bits(text, is_executable)).unwrap_or(0);
        match entries.iter_mut().find(|(tag, _)| *tag == it.tag) {
            Some((_, old)) => *old = bits,
            None => entries.push((it.tag, bits)),
        }
    }
    let is_named = |tag: AclTag| matches!(tag, AclTag::User(_) | AclTag::Group(_));
    let has_named = entries.iter().any(|(tag, _)| is_named(*tag));
    let gives_mask = is_present && wanted.iter().any(|it| it.tag == AclTag::Mask);
    if !gives_mask {
        entries.retain(|(tag, _)| *tag != AclTag::Mask);
        if has_named {
            let of_group = |tag: AclTag| is_named(tag) || tag == AclTag::OwnGroup;
            let all = entries.iter().filter(|(tag, _)| of_group(*tag));
            let mask = all.fold(0, |mask, (_, bits)| mask | bits);
            entries.push((AclTag::Mask, mask));
        }
    }
    entries.sort_unstable();
    entries
}

/// The bits of `rwX`.
pub(super) fn bits(text: &str, is_executable: bool) -> Option<u32> {
    let mut all = 0;
    for letter in text.chars() {
        all |= match letter {
            'r' => 4,
            'w' => 2,
            'x' => 1,
            'X' => u32::from(is_executable),
            '-' => 0,
            _ => return None,
        };
    }
    (!text.is_empty()).then_some(all)
}

pub(super) fn shown(entries: &[AclEntry], host: &Reader<'_>) -> Vec<String> {
    let one = |(tag, bits): &AclEntry| {
        let who = match tag {
            AclTag::Owner => "user:".to_owned(),
            AclTag::User(id) => format!("user:{}", host.user_name(*id)),
            AclTag::OwnGroup => "group:".to_owned(),
            AclTag::Group(id) => format!("group:{}", host.group_name(*id)),
            AclTag::Mask => "mask:".to_owned(),
            AclTag::Other => "other:".to_owned(),
        };
        let letter = |bit: u32, letter: char| if bits & bit == 0 { '-' } else { letter };
        format!("{who}:{}{}{}", letter(4, 'r'), letter(2, 'w'), letter(1, 'x'))
    };
    entries.iter().map(one).collect()
}
