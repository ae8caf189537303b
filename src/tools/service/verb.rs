//! What the tools that do one thing to a service have in common.

/// Declares a tool that brings a service to what `$wanted` says.
macro_rules! verb {
    ($(#[doc = $doc:literal])* $tool:ident, $name:literal, $wanted:expr) => {
        #[doc = concat!("`", $name, "`.")]
        #[derive(Debug)]
        pub(crate) struct $tool;

        $(#[doc = $doc])*
        #[derive(Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct Args {
            /// The service: `nginx`, `nginx.service`, `backup.timer`, `getty@tty1`.
            name: String,
            /// Whose service it is: `user` is for units of the account that the call runs as.
            #[serde(default)]
            scope: $crate::tools::service::manager::Scope,
        }

        impl $crate::tool::Tool for $tool {
            const NAME: &'static str = $name;
            const ACCESS: $crate::tool::Access = $crate::tool::Access::Writes;
            const SHORTHAND: Option<&'static str> = Some("name");
            const EXAMPLE: &'static str = concat!($name, ": nginx");
            const FORESEES: bool = false;

            type Args = Args;
            type Change = $crate::tools::service::change::ServiceChange;
            type Output = $crate::tools::service::state::State;

            fn footprint(_: &Args) -> $crate::tool::Footprint {
                $crate::tool::Footprint::EVERYTHING
            }

    fn spoils(_: &Args) -> $crate::tool::Spoils {
                $crate::tool::Spoils::UNITS
            }

            fn verify(args: &Args) -> Result<(), (&'static str, String)> {
                $crate::tools::service::manager::check_name(&args.name)
            }

            fn inspect(
                args: &Args,
                host: &$crate::system::Reader<'_>,
            ) -> Result<$crate::tool::Finding<Self>, $crate::failure::Failure> {
                let found = $crate::tools::service::change::look(&args.name, args.scope, $wanted, host)?;
                Ok(match found {
                    Ok(state) => $crate::tool::Finding::Settled(state),
                    Err(change) => $crate::tool::Finding::Pending(change),
                })
            }

            fn apply(
                args: &Args,
                change: Self::Change,
                host: &$crate::system::Writer<'_>,
            ) -> Result<Self::Output, $crate::failure::Failure> {
                $crate::tools::service::change::act(&args.name, &change, host)
            }
        }
    };
}

pub(super) use verb;
