//! The rules, by code. A new rule is a file here, one `mod` line and one line in [`RULES`].

use super::rule::Rule;

mod api_version_mismatch;
mod command_host_interpolation;
mod config_without_hash;
mod cron_daemon;
mod cronjob_boilerplate;
mod cronjob_invalid;
mod cronjob_policy_unset;
mod depends_on_not_awaited;
mod deprecated_kustomize_field;
mod duplicate_env_key;
mod duplicated_env;
mod elevated_privileges;
mod env_file_interpolation;
mod env_file_missing;
mod env_file_quotes;
mod env_file_syntax;
mod env_scalar_coerced;
mod env_skew;
mod floating_image;
mod floating_image_tag;
mod host_escape_mount;
mod host_namespace;
mod hostpath_outside_local;
mod hpa_fixed_replicas;
mod identical_patches;
mod idle_container;
mod invalid_env_name;
mod list_env_quotes;
mod loop_ignores_sigterm;
mod loop_interval_not_cron;
mod loop_swallows_failure;
mod loop_word_splitting;
mod no_readiness_probe;
mod noop_transform;
mod obsolete_key;
mod one_shot_restarts;
mod plaintext_secret_manifest;
mod published_without_healthcheck;
mod pull_policy_mismatch;
mod render_failed;
mod replacement_lists_targets;
mod replacement_source_deployed;
mod resource_not_listed;
mod restart_loop;
mod secret_in_configmap;
mod secret_in_tracked_file;
mod secret_in_url;
mod secret_literal;
mod shadowed_compose_file;
mod shared_writable_volume;
mod shell_loop_cron;
mod source_bind_mount;
mod unportable_volume;
mod unresolved_reference;
mod unroutable_host;
mod unset_interpolation;
mod unwired_dotenv_key;
mod wait_loop;

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
    &secret_in_tracked_file::RULE,
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
    &resource_not_listed::RULE,
    &render_failed::RULE,
    &replacement_lists_targets::RULE,
    &identical_patches::RULE,
    &cronjob_boilerplate::RULE,
    &api_version_mismatch::RULE,
    &pull_policy_mismatch::RULE,
    &floating_image::RULE,
    &secret_in_configmap::RULE,
    &plaintext_secret_manifest::RULE,
    &replacement_source_deployed::RULE,
    &noop_transform::RULE,
    &deprecated_kustomize_field::RULE,
    &hostpath_outside_local::RULE,
    &config_without_hash::RULE,
    &unresolved_reference::RULE,
    &cronjob_policy_unset::RULE,
    &cronjob_invalid::RULE,
    &hpa_fixed_replicas::RULE,
    &no_readiness_probe::RULE,
    &shell_loop_cron::RULE,
    &loop_interval_not_cron::RULE,
    &loop_swallows_failure::RULE,
    &loop_ignores_sigterm::RULE,
    &loop_word_splitting::RULE,
    &cron_daemon::RULE,
    &restart_loop::RULE,
    &wait_loop::RULE,
    &idle_container::RULE,
];
