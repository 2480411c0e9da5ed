//! Any text is a script, a crontab or a Dockerfile, or none of them; what is found out can be told.
//!
//! A panic within the parser ends a run here, though `read` survives it.

#![no_main]

use std::collections::BTreeMap;

use kustompose::shell::{
    self, Kind, Script, Scripts, Verdict, cron_daemon,
    crontab::{self, Format},
    dockerfile::Dockerfile,
    finite, wait,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let arguments = ["app:sync --all".to_owned(), "300".to_owned()];
    let environment = |name: &str| (name == "INTERVAL").then(|| "5m".to_owned());
    let script = Script {
        text,
        name: "run.sh",
        arguments: &arguments,
        shell: &[],
        environment: &environment,
        stagger: Some("job"),
    };
    let scripts = &Scripts::default();
    for found in [
        shell::read(&script, scripts),
        shell::read_file(&script, "run.sh", scripts),
        shell::read_file(&script, "cron.d/x", scripts),
    ] {
        assert!(matches!(found.kind, Kind::PeriodicLoop | Kind::Crontab) || found.convert == Verdict::No);
        assert!(found.commands.iter().all(|words| found.own_words <= words.len()));
        if let Some(schedule) = &found.schedule {
            assert!(schedule.starts_with("@every") || !shell::next_runs(schedule, 0, 1).is_empty());
        }
    }
    for format in [Format::User, Format::System, Format::Busybox, Format::Supercronic, Format::Any] {
        let lines = text.lines().count();
        let crontab = crontab::parse(text, format, Some("job"));
        assert!(crontab.entries.iter().all(|entry| (1..=lines).contains(&entry.line)));
    }
    cron_daemon::read(&[text], &environment, scripts);
    let words = ["sh".to_owned(), "-c".to_owned(), text.to_owned()];
    if let Some(wait) = wait::read(&words, scripts) {
        assert!(wait.text.is_some_and(|start| text.starts_with(&start)));
    }
    finite::ends(&words, &|path| (path != "/none.sh").then(|| text.to_owned()), scripts);
    if let Some(dockerfile) = Dockerfile::read(text, "", &BTreeMap::new()) {
        dockerfile.origins("/run.sh");
        dockerfile.sources();
    }
});
