//! One flag for each limit.

use clap::{Arg, ArgMatches, Args, Command, Error, FromArgMatches, value_parser};

use crate::base::Limits;
use crate::base::limits::Limit;

/// The limits, as the command line sets them.
#[derive(Clone, Debug, Default)]
pub struct LimitArguments(pub Limits);

impl Args for LimitArguments {
    fn augment_args(command: Command) -> Command {
        let mut defaults = Limits::default();
        Limits::ALL.iter().fold(command, |command, Limit { flag, what }| {
            let default = defaults.by_flag(flag).copied().unwrap_or_default();
            let help = format!("At most this many {what} [default: {default}]");
            let number = value_parser!(u64);
            command.arg(
                Arg::new(*flag)
                    .long(*flag)
                    .value_name("N")
                    .value_parser(number)
                    .help(help)
                    .help_heading("Limits"),
            )
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for LimitArguments {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut arguments = Self::default();
        arguments.update_from_arg_matches(matches)?;
        Ok(arguments)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        for Limit { flag, .. } in Limits::ALL {
            if let (Some(limit), Some(value)) = (self.0.by_flag(flag), matches.get_one::<u64>(flag)) {
                *limit = *value;
            }
        }
        Ok(())
    }
}
