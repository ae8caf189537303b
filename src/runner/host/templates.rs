//! Templates whose paths are known only when their call is made.

use std::path::Path;
use std::sync::Arc;

use crate::failure::{Failure, Kind};
use crate::playbook::Call;
use crate::runner::host::view::View;
use crate::template::{Rendering, Scope, Secrecy};
use crate::value::{Map, Value};

impl View {
    /// Renders them into the arguments that take their texts; says whether a secret was read, or what is not known.
    pub(super) fn templates(
        &self,
        call: &Call,
        scope: &Arc<Scope>,
        args: &mut Map,
    ) -> Result<Rendering, Failure> {
        let invalid = |message: String| Failure::new(Kind::Invalid, message);
        let mut secrecy = Secrecy::Public;
        for named in &call.templates {
            let rendered = named.path.value.render(scope);
            let path = match rendered.map_err(|error| invalid(self.explain(&error)))? {
                Rendering::Known {
                    value: Value::Str(path),
                    secrecy: part,
                } => {
                    secrecy = secrecy.max(part);
                    path
                }
                Rendering::Known { value, .. } => {
                    let message = format!(
                        "`{}` takes the path of a template, not a {}",
                        named.argument,
                        value.type_name()
                    );
                    return Err(invalid(message));
                }
                unknown @ Rendering::Unknown { .. } => return Ok(unknown),
            };
            let folder = self.context.playbook.sources.folder(named.path.span.source);
            let path = folder.join(path);
            let path = std::path::absolute(&path).unwrap_or(path);
            let template = named.template(&path, folder).map_err(invalid)?;
            let text = template.render(scope);
            match text.map_err(|error| invalid(format!("in `{}`: {}", shown(&path), self.explain(&error))))? {
                Rendering::Known { value, secrecy: part } => {
                    secrecy = secrecy.max(part);
                    args.insert(named.argument.clone(), value);
                }
                unknown @ Rendering::Unknown { .. } => return Ok(unknown),
            }
        }
        Ok(Rendering::Known {
            value: Value::Null,
            secrecy,
        })
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
