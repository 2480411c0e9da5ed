//! What compose has: every attribute, the forms it is written in, and what its values may be.
//!
//! The one table of attributes (compose specification, JSON schema). It knows nothing of how values
//! are read further: `values` has the grammars, `canonical` the short forms.

/// What a value may be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Schema {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool,
    /// A whole number within bounds.
    Integer(Bounds),
    /// Any number.
    Number,
    /// A text.
    Text,
    /// One of these texts.
    Word(&'static [&'static str]),
    /// A text that has a property.
    Checked(&'static Check),
    /// A list of any length.
    List(&'static Schema),
    /// A list in which nothing occurs twice.
    Set(&'static Schema),
    /// A mapping.
    Map(&'static Mapping),
    /// One of several forms.
    OneOf(&'static [Schema]),
}

/// The bounds of a whole number; both are allowed values.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) least: i128,
    pub(crate) most: i128,
}

/// A property of a text.
#[derive(Debug)]
pub(crate) struct Check {
    pub(crate) holds: fn(&str) -> bool,
    /// What the text must be, as in "must be …".
    pub(crate) wanted: &'static str,
}

/// What a mapping may hold.
#[derive(Debug)]
pub(crate) struct Mapping {
    /// Attributes with a name of their own.
    pub(crate) attributes: &'static [(&'static str, Schema)],
    /// The attributes that cannot be left out.
    pub(crate) required: &'static [&'static str],
    /// Whether it may hold `x-…`.
    pub(crate) extensions: bool,
    /// What user-chosen keys must look like, and what stands under them.
    pub(crate) entries: Option<(&'static Check, Schema)>,
    /// Whether it may hold anything else besides.
    pub(crate) open: bool,
}

/// A mapping that is filled in further with `..CLOSED` or `..OPEN`.
const EXTENSIBLE: Mapping =
    Mapping { attributes: &[], required: &[], extensions: true, entries: None, open: false };
const CLOSED: Mapping = Mapping { extensions: false, ..EXTENSIBLE };
const OPEN: Mapping = Mapping { extensions: false, open: true, ..EXTENSIBLE };

const UNBOUNDED: Bounds = Bounds { least: i128::MIN, most: i128::MAX };
const INTEGER: Schema = Schema::Integer(UNBOUNDED);
const NATURAL: Schema = Schema::Integer(Bounds { least: 0, most: i128::MAX });

use Schema::{Bool, List, Map, Null, Number, OneOf, Set, Text, Word};

const TEXTS: Schema = Set(&Text);
const TEXT_OR_LIST: Schema = OneOf(&[Text, TEXTS]);
const BOOL_TEXT: Schema = OneOf(&[Bool, Text]);
const INTEGER_TEXT: Schema = OneOf(&[INTEGER, Text]);
const NUMBER_TEXT: Schema = OneOf(&[Number, Text]);
const SCALAR: Schema = OneOf(&[Text, Number, Bool]);
const SCALAR_NULL: Schema = OneOf(&[Text, Number, Bool, Null]);
const COMMAND: Schema = OneOf(&[Null, Text, List(&Text)]);

/// The names of services, volumes, secrets and configs.
static NAME: Check = Check {
    holds: |text| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
    },
    wanted: "made of letters, digits, `.`, `_` and `-`",
};
static NOT_EMPTY: Check = Check { holds: |text| !text.is_empty(), wanted: "not empty" };
static LOWER_CASE: Check = Check {
    holds: |text| !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase()),
    wanted: "made of lower-case letters",
};
/// Compose's pattern is not anchored: two characters in the middle are enough.
static CONTAINER_NAME: Check = Check {
    holds: |text| {
        let tail = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
        text.as_bytes()
            .windows(2)
            .any(|pair| matches!(pair, [first, second] if first.is_ascii_alphanumeric() && tail(*second)))
    },
    wanted: "at least two characters of letters, digits, `_`, `.` and `-`",
};
/// Compose's pattern is not anchored either.
static PULL_POLICY: Check = Check {
    holds: |text| {
        const WORDS: &[&str] =
            &["always", "never", "build", "if_not_present", "missing", "refresh", "daily", "weekly"];
        WORDS.iter().any(|word| text.contains(word))
            || text.match_indices("every_").any(|(start, word)| has_interval(&text[start + word.len()..]))
    },
    wanted: "always, never, missing, if_not_present, build, refresh, daily, weekly or every_<duration>",
};

/// Whether the text begins with digits and a unit of time.
fn has_interval(text: &str) -> bool {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    unit.len() < text.len() && unit.starts_with(['w', 'd', 'h', 'm', 's'])
}

const LIST_OR_MAP: Schema =
    OneOf(&[Map(&Mapping { entries: Some((&NOT_EMPTY, SCALAR_NULL)), ..CLOSED }), TEXTS]);
const EXTRA_HOSTS: Schema =
    OneOf(&[Map(&Mapping { entries: Some((&NOT_EMPTY, OneOf(&[Text, List(&Text)]))), ..CLOSED }), TEXTS]);
const OPTIONS: Schema = Map(&Mapping { entries: Some((&NOT_EMPTY, OneOf(&[Text, Number]))), ..OPEN });
const LABEL_FILE: Schema = OneOf(&[Text, List(&Text)]);
const ENV_FILE: Schema = OneOf(&[
    Text,
    List(&OneOf(&[
        Text,
        Map(&Mapping {
            attributes: &[("path", Text), ("format", Text), ("required", BOOL_TEXT)],
            required: &["path"],
            ..CLOSED
        }),
    ])),
]);
const ULIMITS: Schema = Map(&Mapping {
    entries: Some((
        &LOWER_CASE,
        OneOf(&[
            INTEGER,
            Text,
            Map(&Mapping {
                attributes: &[("hard", INTEGER_TEXT), ("soft", INTEGER_TEXT)],
                required: &["soft", "hard"],
                ..EXTENSIBLE
            }),
        ]),
    )),
    ..OPEN
});
const FILE_REFERENCES: Schema = List(&OneOf(&[
    Text,
    Map(&Mapping {
        attributes: &[
            ("source", Text),
            ("target", Text),
            ("uid", Text),
            ("gid", Text),
            ("mode", NUMBER_TEXT),
        ],
        ..EXTENSIBLE
    }),
]));
const HOOK: Schema = Map(&Mapping {
    attributes: &[
        ("command", COMMAND),
        ("user", Text),
        ("privileged", BOOL_TEXT),
        ("working_dir", Text),
        ("environment", LIST_OR_MAP),
    ],
    required: &["command"],
    ..EXTENSIBLE
});
const PRE_START_HOOK: Schema = Map(&Mapping {
    attributes: &[
        ("command", COMMAND),
        ("image", Text),
        ("user", Text),
        ("privileged", BOOL_TEXT),
        ("working_dir", Text),
        ("environment", LIST_OR_MAP),
        ("per_replica", BOOL_TEXT),
    ],
    required: &["command"],
    ..EXTENSIBLE
});
const WATCH: Schema = Map(&Mapping {
    attributes: &[
        ("ignore", TEXT_OR_LIST),
        ("include", TEXT_OR_LIST),
        ("path", Text),
        ("action", Word(&["rebuild", "sync", "restart", "sync+restart", "sync+exec"])),
        ("target", Text),
        ("exec", HOOK),
        ("initial_sync", Bool),
    ],
    required: &["path", "action"],
    ..EXTENSIBLE
});
const DEVELOP: Schema =
    OneOf(&[Map(&Mapping { attributes: &[("watch", List(&WATCH))], ..EXTENSIBLE }), Null]);
const UPDATE_CONFIG: Schema = Map(&Mapping {
    attributes: &[
        ("parallelism", INTEGER_TEXT),
        ("delay", Text),
        ("failure_action", Text),
        ("monitor", Text),
        ("max_failure_ratio", NUMBER_TEXT),
        ("order", Word(&["start-first", "stop-first"])),
    ],
    ..EXTENSIBLE
});
const GENERIC_RESOURCE: Schema = Map(&Mapping {
    attributes: &[(
        "discrete_resource_spec",
        Map(&Mapping { attributes: &[("kind", Text), ("value", NUMBER_TEXT)], ..EXTENSIBLE }),
    )],
    ..EXTENSIBLE
});
const DEVICE_ATTRIBUTES: &[(&str, Schema)] = &[
    ("capabilities", TEXTS),
    ("count", OneOf(&[Text, INTEGER])),
    ("device_ids", TEXTS),
    ("driver", Text),
    ("options", LIST_OR_MAP),
];
const RESOURCES: Schema = Map(&Mapping {
    attributes: &[
        (
            "limits",
            Map(&Mapping {
                attributes: &[("cpus", NUMBER_TEXT), ("memory", Text), ("pids", INTEGER_TEXT)],
                ..EXTENSIBLE
            }),
        ),
        (
            "reservations",
            Map(&Mapping {
                attributes: &[
                    ("cpus", NUMBER_TEXT),
                    ("memory", Text),
                    ("generic_resources", List(&GENERIC_RESOURCE)),
                    (
                        "devices",
                        List(&Map(&Mapping {
                            attributes: DEVICE_ATTRIBUTES,
                            required: &["capabilities"],
                            ..EXTENSIBLE
                        })),
                    ),
                ],
                ..EXTENSIBLE
            }),
        ),
    ],
    ..EXTENSIBLE
});
const DEPLOY: Schema = OneOf(&[
    Map(&Mapping {
        attributes: &[
            ("mode", Text),
            ("endpoint_mode", Text),
            ("replicas", INTEGER_TEXT),
            ("labels", LIST_OR_MAP),
            ("rollback_config", UPDATE_CONFIG),
            ("update_config", UPDATE_CONFIG),
            ("resources", RESOURCES),
            (
                "restart_policy",
                Map(&Mapping {
                    attributes: &[
                        ("condition", Text),
                        ("delay", Text),
                        ("max_attempts", INTEGER_TEXT),
                        ("window", Text),
                    ],
                    ..EXTENSIBLE
                }),
            ),
            (
                "placement",
                Map(&Mapping {
                    attributes: &[
                        ("constraints", List(&Text)),
                        (
                            "preferences",
                            List(&Map(&Mapping { attributes: &[("spread", Text)], ..EXTENSIBLE })),
                        ),
                        ("max_replicas_per_node", INTEGER_TEXT),
                    ],
                    ..EXTENSIBLE
                }),
            ),
        ],
        ..EXTENSIBLE
    }),
    Null,
]);
const BUILD: Schema = OneOf(&[
    Text,
    Map(&Mapping {
        attributes: &[
            ("context", Text),
            ("dockerfile", Text),
            ("dockerfile_inline", Text),
            ("entitlements", List(&Text)),
            ("args", LIST_OR_MAP),
            ("ssh", LIST_OR_MAP),
            ("labels", LIST_OR_MAP),
            ("cache_from", List(&Text)),
            ("cache_to", List(&Text)),
            ("no_cache", BOOL_TEXT),
            ("no_cache_filter", TEXT_OR_LIST),
            ("additional_contexts", LIST_OR_MAP),
            ("network", Text),
            ("provenance", BOOL_TEXT),
            ("sbom", BOOL_TEXT),
            ("pull", BOOL_TEXT),
            ("target", Text),
            ("shm_size", INTEGER_TEXT),
            ("extra_hosts", EXTRA_HOSTS),
            ("isolation", Text),
            ("privileged", BOOL_TEXT),
            ("secrets", FILE_REFERENCES),
            ("tags", List(&Text)),
            ("ulimits", ULIMITS),
            ("platforms", List(&Text)),
        ],
        ..EXTENSIBLE
    }),
]);
const BLKIO_LIMIT: Schema = Map(&Mapping { attributes: &[("path", Text), ("rate", INTEGER_TEXT)], ..CLOSED });
const BLKIO_WEIGHT: Schema =
    Map(&Mapping { attributes: &[("path", Text), ("weight", INTEGER_TEXT)], ..CLOSED });
const BLKIO_CONFIG: Schema = Map(&Mapping {
    attributes: &[
        ("device_read_bps", List(&BLKIO_LIMIT)),
        ("device_read_iops", List(&BLKIO_LIMIT)),
        ("device_write_bps", List(&BLKIO_LIMIT)),
        ("device_write_iops", List(&BLKIO_LIMIT)),
        ("weight", INTEGER_TEXT),
        ("weight_device", List(&BLKIO_WEIGHT)),
    ],
    ..CLOSED
});
const DEPENDS_ON: Schema = OneOf(&[
    TEXTS,
    Map(&Mapping {
        entries: Some((
            &NAME,
            Map(&Mapping {
                attributes: &[
                    ("restart", BOOL_TEXT),
                    ("required", BOOL_TEXT),
                    (
                        "condition",
                        Word(&["service_started", "service_healthy", "service_completed_successfully"]),
                    ),
                ],
                required: &["condition"],
                ..EXTENSIBLE
            }),
        )),
        ..CLOSED
    }),
]);
const HEALTHCHECK: Schema = Map(&Mapping {
    attributes: &[
        ("disable", BOOL_TEXT),
        ("interval", Text),
        ("retries", NUMBER_TEXT),
        ("test", OneOf(&[Text, List(&Text)])),
        ("timeout", Text),
        ("start_period", Text),
        ("start_interval", Text),
    ],
    ..EXTENSIBLE
});
const SERVICE_NETWORKS: Schema = OneOf(&[
    TEXTS,
    Map(&Mapping {
        entries: Some((
            &NAME,
            OneOf(&[
                Map(&Mapping {
                    attributes: &[
                        ("aliases", TEXTS),
                        ("interface_name", Text),
                        ("ipv4_address", Text),
                        ("ipv6_address", Text),
                        ("link_local_ips", TEXTS),
                        ("mac_address", Text),
                        ("driver_opts", OPTIONS),
                        ("priority", Number),
                        ("gw_priority", Number),
                    ],
                    ..EXTENSIBLE
                }),
                Null,
            ]),
        )),
        ..CLOSED
    }),
]);
const SERVICE_MODELS: Schema = OneOf(&[
    TEXTS,
    Map(&Mapping {
        entries: Some((
            &NAME,
            OneOf(&[
                Map(&Mapping { attributes: &[("endpoint_var", Text), ("model_var", Text)], ..EXTENSIBLE }),
                Null,
            ]),
        )),
        ..OPEN
    }),
]);
const PORTS: Schema = Set(&OneOf(&[
    Number,
    Text,
    Map(&Mapping {
        attributes: &[
            ("name", Text),
            ("mode", Text),
            ("host_ip", Text),
            ("target", INTEGER_TEXT),
            ("published", OneOf(&[Text, INTEGER])),
            ("protocol", Text),
            ("app_protocol", Text),
        ],
        ..EXTENSIBLE
    }),
]));
const VOLUMES: Schema = Set(&OneOf(&[
    Text,
    Map(&Mapping {
        attributes: &[
            ("type", Word(&["bind", "volume", "tmpfs", "cluster", "npipe", "image"])),
            ("source", Text),
            ("target", Text),
            ("read_only", BOOL_TEXT),
            ("consistency", Text),
            (
                "bind",
                Map(&Mapping {
                    attributes: &[
                        ("propagation", Text),
                        ("create_host_path", BOOL_TEXT),
                        ("recursive", Word(&["enabled", "disabled", "writable", "readonly"])),
                        ("selinux", Word(&["z", "Z"])),
                    ],
                    ..EXTENSIBLE
                }),
            ),
            (
                "volume",
                Map(&Mapping {
                    attributes: &[("labels", LIST_OR_MAP), ("nocopy", BOOL_TEXT), ("subpath", Text)],
                    ..EXTENSIBLE
                }),
            ),
            (
                "tmpfs",
                Map(&Mapping {
                    attributes: &[("size", OneOf(&[NATURAL, Text])), ("mode", NUMBER_TEXT)],
                    ..EXTENSIBLE
                }),
            ),
            ("image", Map(&Mapping { attributes: &[("subpath", Text)], ..EXTENSIBLE })),
        ],
        required: &["type"],
        ..EXTENSIBLE
    }),
]));
const PROVIDER: Schema = Map(&Mapping {
    attributes: &[
        ("type", Text),
        (
            "options",
            Map(&Mapping {
                entries: Some((&NOT_EMPTY, OneOf(&[Text, Number, Bool, List(&SCALAR)]))),
                ..OPEN
            }),
        ),
    ],
    required: &["type"],
    ..EXTENSIBLE
});

/// A service (compose specification, "Services").
pub(crate) static SERVICE: Mapping = Mapping { attributes: SERVICE_ATTRIBUTES, ..EXTENSIBLE };

const SERVICE_ATTRIBUTES: &[(&str, Schema)] = &[
    ("annotations", LIST_OR_MAP),
    ("attach", BOOL_TEXT),
    ("blkio_config", BLKIO_CONFIG),
    ("build", BUILD),
    ("cap_add", TEXTS),
    ("cap_drop", TEXTS),
    ("cgroup", Word(&["host", "private"])),
    ("cgroup_parent", Text),
    ("command", COMMAND),
    ("configs", FILE_REFERENCES),
    ("container_name", Schema::Checked(&CONTAINER_NAME)),
    ("cpu_count", OneOf(&[Text, NATURAL])),
    ("cpu_percent", OneOf(&[Text, Schema::Integer(Bounds { least: 0, most: 100 })])),
    ("cpu_period", NUMBER_TEXT),
    ("cpu_quota", NUMBER_TEXT),
    ("cpu_rt_period", NUMBER_TEXT),
    ("cpu_rt_runtime", NUMBER_TEXT),
    ("cpu_shares", NUMBER_TEXT),
    ("cpus", NUMBER_TEXT),
    ("cpuset", Text),
    (
        "credential_spec",
        Map(&Mapping { attributes: &[("config", Text), ("file", Text), ("registry", Text)], ..EXTENSIBLE }),
    ),
    ("depends_on", DEPENDS_ON),
    ("deploy", DEPLOY),
    ("develop", DEVELOP),
    ("device_cgroup_rules", TEXTS),
    (
        "devices",
        List(&OneOf(&[
            Text,
            Map(&Mapping {
                attributes: &[("source", Text), ("target", Text), ("permissions", Text)],
                required: &["source"],
                ..EXTENSIBLE
            }),
        ])),
    ),
    ("dns", TEXT_OR_LIST),
    ("dns_opt", TEXTS),
    ("dns_search", TEXT_OR_LIST),
    ("domainname", Text),
    ("entrypoint", COMMAND),
    ("env_file", ENV_FILE),
    ("environment", LIST_OR_MAP),
    ("expose", Set(&OneOf(&[Text, Number]))),
    (
        "extends",
        OneOf(&[
            Text,
            Map(&Mapping {
                attributes: &[("service", Text), ("file", Text)],
                required: &["service"],
                ..CLOSED
            }),
        ]),
    ),
    ("external_links", TEXTS),
    ("extra_hosts", EXTRA_HOSTS),
    ("gpus", OneOf(&[Word(&["all"]), List(&Map(&Mapping { attributes: DEVICE_ATTRIBUTES, ..OPEN }))])),
    ("group_add", Set(&OneOf(&[Text, Number]))),
    ("healthcheck", HEALTHCHECK),
    ("hostname", Text),
    ("image", Text),
    ("init", BOOL_TEXT),
    ("ipc", Text),
    ("isolation", Text),
    ("label_file", LABEL_FILE),
    ("labels", LIST_OR_MAP),
    ("links", TEXTS),
    (
        "logging",
        Map(&Mapping {
            attributes: &[
                ("driver", Text),
                (
                    "options",
                    Map(&Mapping { entries: Some((&NOT_EMPTY, OneOf(&[Text, Number, Null]))), ..OPEN }),
                ),
            ],
            ..EXTENSIBLE
        }),
    ),
    ("mac_address", Text),
    ("mem_limit", NUMBER_TEXT),
    ("mem_reservation", OneOf(&[Text, INTEGER])),
    ("mem_swappiness", INTEGER_TEXT),
    ("memswap_limit", NUMBER_TEXT),
    ("models", SERVICE_MODELS),
    ("network_mode", Text),
    ("networks", SERVICE_NETWORKS),
    ("oom_kill_disable", BOOL_TEXT),
    ("oom_score_adj", OneOf(&[Text, Schema::Integer(Bounds { least: -1000, most: 1000 })])),
    ("pid", OneOf(&[Text, Null])),
    ("pids_limit", NUMBER_TEXT),
    ("platform", Text),
    ("ports", PORTS),
    ("post_start", List(&HOOK)),
    ("pre_start", List(&PRE_START_HOOK)),
    ("pre_stop", List(&HOOK)),
    ("privileged", BOOL_TEXT),
    ("profiles", TEXTS),
    ("provider", PROVIDER),
    ("pull_policy", Schema::Checked(&PULL_POLICY)),
    ("pull_refresh_after", Text),
    ("read_only", BOOL_TEXT),
    ("restart", Text),
    ("runtime", Text),
    ("scale", INTEGER_TEXT),
    ("secrets", FILE_REFERENCES),
    ("security_opt", TEXTS),
    ("shm_size", NUMBER_TEXT),
    ("stdin_open", BOOL_TEXT),
    ("stop_grace_period", Text),
    ("stop_signal", Text),
    ("storage_opt", Map(&OPEN)),
    ("sysctls", LIST_OR_MAP),
    ("tmpfs", TEXT_OR_LIST),
    ("tty", BOOL_TEXT),
    ("ulimits", ULIMITS),
    ("use_api_socket", Bool),
    ("user", Text),
    ("userns_mode", Text),
    ("uts", Text),
    ("volumes", VOLUMES),
    ("volumes_from", TEXTS),
    ("working_dir", Text),
];

/// The deprecated `external: {name: …}` beside `external: true`.
const EXTERNAL: Schema = OneOf(&[Bool, Text, Map(&Mapping { attributes: &[("name", Text)], ..EXTENSIBLE })]);
const EXTERNAL_OPEN: Schema = OneOf(&[Bool, Text, Map(&Mapping { attributes: &[("name", Text)], ..OPEN })]);
const IPAM: Schema = Map(&Mapping {
    attributes: &[
        ("driver", Text),
        (
            "config",
            List(&Map(&Mapping {
                attributes: &[
                    ("subnet", Text),
                    ("ip_range", Text),
                    ("gateway", Text),
                    ("aux_addresses", Map(&Mapping { entries: Some((&NOT_EMPTY, Text)), ..CLOSED })),
                ],
                ..EXTENSIBLE
            })),
        ),
        ("options", Map(&Mapping { entries: Some((&NOT_EMPTY, Text)), ..CLOSED })),
    ],
    ..EXTENSIBLE
});
const NETWORK: Schema = OneOf(&[
    Map(&Mapping {
        attributes: &[
            ("name", Text),
            ("driver", Text),
            ("driver_opts", OPTIONS),
            ("ipam", IPAM),
            ("external", EXTERNAL),
            ("internal", BOOL_TEXT),
            ("enable_ipv4", BOOL_TEXT),
            ("enable_ipv6", BOOL_TEXT),
            ("attachable", BOOL_TEXT),
            ("labels", LIST_OR_MAP),
        ],
        ..EXTENSIBLE
    }),
    Null,
]);
const VOLUME: Schema = OneOf(&[
    Map(&Mapping {
        attributes: &[
            ("name", Text),
            ("driver", Text),
            ("driver_opts", OPTIONS),
            ("external", EXTERNAL),
            ("labels", LIST_OR_MAP),
        ],
        ..EXTENSIBLE
    }),
    Null,
]);
const SECRET: Schema = Map(&Mapping {
    attributes: &[
        ("name", Text),
        ("environment", Text),
        ("file", Text),
        ("external", EXTERNAL_OPEN),
        ("labels", LIST_OR_MAP),
        ("driver", Text),
        ("driver_opts", OPTIONS),
        ("template_driver", Text),
    ],
    ..EXTENSIBLE
});
const CONFIG: Schema = Map(&Mapping {
    attributes: &[
        ("name", Text),
        ("content", Text),
        ("environment", Text),
        ("file", Text),
        ("external", EXTERNAL_OPEN),
        ("labels", LIST_OR_MAP),
        ("template_driver", Text),
    ],
    ..EXTENSIBLE
});
const MODEL: Schema = Map(&Mapping {
    attributes: &[("name", Text), ("model", Text), ("context_size", INTEGER), ("runtime_flags", List(&Text))],
    required: &["model"],
    ..EXTENSIBLE
});
const INCLUDE: Schema = OneOf(&[
    Text,
    Map(&Mapping {
        attributes: &[("path", TEXT_OR_LIST), ("env_file", TEXT_OR_LIST), ("project_directory", Text)],
        ..CLOSED
    }),
]);

/// A whole compose file. Keys of `networks` and `models` are free, and what stands under an odd one
/// is not looked at.
pub(crate) static PROJECT: Mapping = Mapping {
    attributes: &[
        ("version", Text),
        ("name", Text),
        ("include", List(&INCLUDE)),
        ("services", Map(&Mapping { entries: Some((&NAME, Map(&SERVICE))), ..CLOSED })),
        ("models", Map(&Mapping { entries: Some((&NAME, MODEL)), ..OPEN })),
        ("networks", Map(&Mapping { entries: Some((&NAME, NETWORK)), ..OPEN })),
        ("volumes", Map(&Mapping { entries: Some((&NAME, VOLUME)), ..CLOSED })),
        ("secrets", Map(&Mapping { entries: Some((&NAME, SECRET)), ..CLOSED })),
        ("configs", Map(&Mapping { entries: Some((&NAME, CONFIG)), ..CLOSED })),
    ],
    ..EXTENSIBLE
};

/// Is it the way to an attribute? Names that are a project's own stand for themselves, or for any by `*`; items of
/// lists have no part in it.
pub(crate) fn is_attribute(path: &[&str]) -> bool {
    !path.is_empty() && leads_on(&Schema::Map(&PROJECT), path)
}

fn leads_on(schema: &Schema, path: &[&str]) -> bool {
    match (schema, path.split_first()) {
        (_, None) => true,
        (Schema::Map(mapping), Some((first, rest))) => {
            let attribute = mapping.attributes.iter().find(|(key, _)| key == first);
            let entry = mapping.entries.as_ref().filter(|_| attribute.is_none());
            attribute.is_some_and(|(_, schema)| leads_on(schema, rest))
                || entry.is_some_and(|(_, schema)| leads_on(schema, rest))
                || (mapping.extensions && first.starts_with("x-"))
        }
        (Schema::List(item) | Schema::Set(item), Some(_)) => leads_on(item, path),
        (Schema::OneOf(forms), Some(_)) => forms.iter().any(|form| leads_on(form, path)),
        _ => false,
    }
}

/// The ways to all attributes, `*` for names that are a project's own and `[]` behind lists.
#[cfg(test)]
pub(crate) fn attributes() -> std::collections::BTreeSet<String> {
    fn gather(schema: &Schema, path: &str, found: &mut std::collections::BTreeSet<String>) {
        match schema {
            Schema::Map(mapping) => {
                let entry = mapping.entries.as_ref().map(|(_, schema)| ("*", *schema));
                for (key, schema) in mapping.attributes.iter().copied().chain(entry) {
                    let path = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
                    found.insert(path.clone());
                    gather(&schema, &path, found);
                }
            }
            Schema::List(item) | Schema::Set(item) => gather(item, &format!("{path}[]"), found),
            Schema::OneOf(forms) => forms.iter().for_each(|form| gather(form, path, found)),
            _ => {}
        }
    }
    let mut found = std::collections::BTreeSet::new();
    gather(&Schema::Map(&PROJECT), "", &mut found);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unanchored_patterns_are_as_lax_as_compose() {
        for (text, allowed) in [("ab", true), ("-a.b-", true), ("a", false), ("a ", false), ("", false)] {
            assert_eq!((CONTAINER_NAME.holds)(text), allowed, "{text}");
        }
        for (text, allowed) in
            [("always", true), ("xneverx", true), ("every_12h", true), ("every_h", false), ("x", false)]
        {
            assert_eq!((PULL_POLICY.holds)(text), allowed, "{text}");
        }
    }
}
