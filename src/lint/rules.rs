//! The rules, by code. A new rule is a file here, one `mod` line and one line in [`RULES`].

use super::rule::Rule;

mod command_host_interpolation;
mod depends_on_not_awaited;
mod duplicate_env_key;
mod duplicated_env;
mod elevated_privileges;
mod env_file_interpolation;
mod env_file_missing;
mod env_file_quotes;
mod env_file_syntax;
mod env_scalar_coerced;
mod env_skew;
mod floating_image_tag;
mod host_escape_mount;
mod host_namespace;
mod invalid_env_name;
mod list_env_quotes;
mod obsolete_key;
mod one_shot_restarts;
mod published_without_healthcheck;
mod secret_in_url;
mod secret_literal;
mod shadowed_compose_file;
mod shared_writable_volume;
mod source_bind_mount;
mod unportable_volume;
mod unroutable_host;
mod unset_interpolation;
mod unwired_dotenv_key;

/// Every rule, in the order of the codes.
pub static RULES: &[&Rule] = &[
    &floating_image_tag::RULE,
    &source_bind_mount::RULE,
    &unportable_volume::RULE,
    &host_escape_mount::RULE,
    &elevated_privileges::RULE,
    &host_namespace::RULE,
    &command_host_interpolation::RULE,
    &depends_on_not_awaited::RULE,
    &published_without_healthcheck::RULE,
    &one_shot_restarts::RULE,
    &shared_writable_volume::RULE,
    &obsolete_key::RULE,
    &shadowed_compose_file::RULE,
    &duplicated_env::RULE,
    &env_skew::RULE,
    &secret_literal::RULE,
    &secret_in_url::RULE,
    &env_file_missing::RULE,
    &unset_interpolation::RULE,
    &env_file_quotes::RULE,
    &env_file_interpolation::RULE,
    &env_file_syntax::RULE,
    &duplicate_env_key::RULE,
    &list_env_quotes::RULE,
    &env_scalar_coerced::RULE,
    &unroutable_host::RULE,
    &invalid_env_name::RULE,
    &unwired_dotenv_key::RULE,
];
