//! What scripts are taken for, as a whole.

use proptest::prelude::*;

use super::*;

mod forms;
mod rare;

fn look(text: &str, arguments: &[&str]) -> Loop {
    let arguments: Vec<String> = arguments.iter().map(|word| (*word).to_owned()).collect();
    let script = Script {
        text,
        name: "run.sh",
        arguments: &arguments,
        shell: &[],
        environment: &|name| (name == "GIVEN").then(|| "120".to_owned()),
        stagger: None,
    };
    read(&script, &Scripts::default())
}

#[test]
fn loops_are_told_from_all_else() {
    let cases = [
        ("while :; do bin/console $1; sleep $2; done", Kind::PeriodicLoop),
        ("until false; do x; sleep 60; done", Kind::PeriodicLoop),
        ("for ((;;)); do x; sleep 60; done", Kind::PeriodicLoop),
        ("for ((i=0;;i++)); do x $i; sleep 60; done", Kind::PeriodicLoop),
        ("while sleep 60; do x; done", Kind::PeriodicLoop),
        ("while (( 1 )); do x & sleep 5m & wait $!; done", Kind::PeriodicLoop),
        ("run=1; trap 'run=0' TERM; while [ $run = 1 ]; do x; sleep 60; done", Kind::PeriodicLoop),
        ("f() { x; sleep 60; }\nwhile true; do f; done", Kind::PeriodicLoop),
        ("main() { while true; do x; sleep 60; done; }\nmain \"$@\"", Kind::PeriodicLoop),
        ("while [ 1 ]; do x || exit 1; sleep 60; done", Kind::PeriodicLoop),
        ("watch -n 60 x", Kind::PeriodicLoop),
        ("sh -c 'while true; do x; sleep 60; done'", Kind::PeriodicLoop),
        ("while true; do x; sleep 60; done | tee log", Kind::PeriodicLoop),
        ("until nc -z db 3306; do sleep 1; done; exec app", Kind::WaitUntil),
        ("while true; do if curl -f u; then break; fi; sleep 5; done", Kind::WaitUntil),
        ("until make; do sleep 5; done", Kind::Retry),
        ("i=0; while [ $i -lt 9 ]; do x $i; i=$((i+1)); sleep 60; done", Kind::WaitUntil),
        ("while true; do sleep 3600; done", Kind::Daemon),
        ("while sleep 3600; do :; done & wait", Kind::Daemon),
        ("while true; do ./sync; sleep 60; done", Kind::PeriodicLoop),
        ("while true; do x; done", Kind::Daemon),
        ("while true; do php worker.php; sleep 1; done", Kind::Daemon),
        ("while true; do nginx -s reload; sleep 6h; done & nginx -g 'daemon off;'", Kind::Daemon),
        ("tail -f /dev/null", Kind::Daemon),
        ("sleep infinity", Kind::Daemon),
        ("while inotifywait -r .; do make; sleep 60; done", Kind::Daemon),
        ("echo '* * * * * x' | crontab - && crond -f", Kind::Crontab),
        ("exec /usr/sbin/cron -f", Kind::Crontab),
        ("echo hello", Kind::Other),
        ("while read line; do echo $line; done", Kind::Other),
        ("", Kind::Other),
        ("if", Kind::Other),
    ];
    for (text, kind) in cases {
        let found = look(text, &[]);
        assert_eq!(found.kind, kind, "{text}: {:?}", found.reasons);
    }
}

#[test]
fn commands_are_what_the_loop_would_run() {
    let cases: [(&str, &[&str], &[&str], usize); 10] = [
        (
            "while :\ndo\n  bin/console $1\n  sleep $2\ndone",
            &["a --b=1", "300"],
            &["bin/console", "a", "--b=1"],
            1,
        ),
        ("while :; do bin/console \"$1\"; sleep 60; done", &["a b"], &["bin/console", "a b"], 1),
        ("while :; do echo start; x y; echo end; sleep 60; done", &[], &["x", "y"], 2),
        ("while :; do x > /dev/stdout 2>&1; sleep 60; done", &[], &["x"], 1),
        ("while :; do x $A; sleep 60; done", &[], &["sh", "-c", "x $A"], 3),
        ("while :; do a; b; sleep 60; done", &[], &["sh", "-c", "a; b"], 3),
        ("cd /app\nwhile :; do a; sleep 60; done", &[], &["sh", "-c", "cd /app\na"], 3),
        ("#!/bin/bash -e\nwhile :; do a && b; sleep 60; done", &[], &["bash", "-ec", "a && b"], 3),
        ("while :; do a | b $1; sleep 60; done", &["c", "d"], &["sh", "-c", "a | b $1", "run.sh", "c"], 4),
        (
            "while :; do if [ $A ]; then break; fi; a; sleep 60; done",
            &[],
            &["sh", "-c", "for _ in once; do if [ $A ]; then break; fi; a;  done"],
            3,
        ),
    ];
    for (text, arguments, expected, own) in cases {
        let found = look(text, arguments);
        assert_eq!(found.commands, [expected], "{text}");
        assert_eq!(found.own_words, own, "{text}");
    }
}

#[test]
fn intervals_come_from_anywhere() {
    let cases: [(&str, Option<u64>, Fit); 12] = [
        ("while :; do x; sleep 5m; done", Some(300), Fit::Exact),
        ("while :; do x; sleep 1h 30m; done", Some(5_400), Fit::Every),
        ("while :; do x; sleep $((60 * 7)); done", Some(420), Fit::Near),
        ("while :; do x; sleep $GIVEN; done", Some(120), Fit::Exact),
        ("while :; do x; sleep ${OTHER:-300}; done", Some(300), Fit::Exact),
        ("[ -z \"$I\" ] && I=300\nwhile :; do x; sleep $I; done", Some(300), Fit::Exact),
        ("if [ -z \"$I\" ]; then I=5; fi\nwhile :; do x; sleep ${I}m; done", Some(300), Fit::Exact),
        (": ${I:=300}\nwhile :; do x; sleep $I; done", Some(300), Fit::Exact),
        ("while :; do x; sleep $OTHER; done", None, Fit::Variable),
        ("while :; do x; sleep $(cat f); done", None, Fit::Variable),
        ("while :; do x; sleep 20; done", Some(20), Fit::SubMinute),
        (
            "while :; do sleep $(( $(date -d 'tomorrow 03:05' +%s) - $(date +%s) )); x; done",
            Some(86_400),
            Fit::Near,
        ),
    ];
    for (text, interval, fit) in cases {
        let found = look(text, &[]);
        assert_eq!((found.interval, found.fit), (interval, fit), "{text}: {:?}", found.reasons);
    }
    let daily = look("while :; do if [ \"$(date +%H:%M)\" = 03:05 ]; then x; fi; sleep 60; done", &[]);
    assert_eq!(daily.schedule.as_deref(), Some("5 3 * * *"));
    assert_eq!(daily.commands, [["sh", "-c", "x"]]);
}

#[test]
fn what_a_cronjob_would_not_do_is_not_converted() {
    let texts = [
        "while :; do x; sleep 20; done",
        "while :; do x; sleep $OTHER; done",
        "while :; do nginx -s reload; sleep 6h; done",
        "while :; do new=$(x); [ \"$new\" = \"$old\" ] || y; old=$new; sleep 60; done",
        "while :; do x; sleep 60; done &",
        "/other.sh &\nwhile :; do x; sleep 60; done",
    ];
    for text in texts {
        let found = look(text, &[]);
        assert_eq!((found.kind, found.convert), (Kind::PeriodicLoop, Verdict::No), "{text}");
    }
}

/// What a script does beside its rounds stands in the command …
#[test]
fn what_belongs_to_a_round_is_in_its_command() {
    let kept: [(&str, &[&str]); 25] = [
        ("cd /app && while :; do x; sleep 60; done", &["sh", "-c", "cd /app && x"]),
        (
            "migrate && while :; do x; y; sleep 60; done",
            &["sh", "-c", "migrate && for _ in once; do x; y;  done"],
        ),
        ("while :; do x; sleep 60; done > /log 2>&1", &["sh", "-c", "x > /log 2>&1"]),
        ("while :; do x; sleep 60; done < /list", &["sh", "-c", "x < /list"]),
        ("while :; do x; sleep 60; done | tee /log", &["sh", "-c", "x | tee /log"]),
        ("while :; do x > /a; sleep 60; done > /b", &["sh", "-c", "for _ in once; do x > /a;  done > /b"]),
        ("while :; do x; sleep 60; done 9> /lock", &["sh", "-c", "x 9> /lock"]),
        ("( cd /app; while :; do x; sleep 60; done )", &["sh", "-c", "cd /app\nx"]),
        ("if :; then cd /app; while :; do x; sleep 60; done; fi", &["sh", "-c", "cd /app\nx"]),
        ("while :; do a && b & sleep 60; done", &["sh", "-c", "a && b"]),
        ("bash -s <<E\nwhile :; do x \\$A; sleep 60; done\nE", &["bash", "-c", "x $A"]),
        (
            "main() { cd /app; while :; do x; sleep 60; done; }\nmain",
            &["sh", "-c", "main() { cd /app; for _ in once; do x;  done; exit; }\nmain"],
        ),
        ("function f { x; y; }\nwhile :; do f; sleep 60; done", &["sh", "-c", "function f { x; y; }\nf"]),
        ("PATH=/opt/bin:$PATH\nwhile :; do x; sleep 60; done", &["sh", "-c", "PATH=/opt/bin:$PATH\nx"]),
        ("GIVEN=1\nwhile :; do x; sleep 60; done", &["sh", "-c", "GIVEN=1\nx"]),
        ("OWN=1\nwhile :; do x; sleep 60; done", &["x"]),
        ("set -a\nOWN=1\nwhile :; do x; sleep 60; done", &["sh", "-c", "set -a\nOWN=1\nx"]),
        (
            "umask 027\nulimit -n 9\n. ./env\nexport A=1\nwhile :; do x; sleep 60; done",
            &["sh", "-c", "umask 027\nulimit -n 9\n. ./env\nexport A=1\nx"],
        ),
        ("test -f /x || exit 1\nwhile :; do x; sleep 60; done", &["sh", "-c", "test -f /x || exit 1\nx"]),
        ("exec 2>&1\nwhile :; do x; sleep 60; done", &["x"]),
        ("exec >> /log\nwhile :; do x; sleep 60; done", &["sh", "-c", "exec >> /log\nx"]),
        (": > /state\nwhile :; do x; sleep 60; done", &["sh", "-c", ": > /state\nx"]),
        ("echo 1 > /proc/sys/x\nwhile :; do x; sleep 60; done", &["sh", "-c", "echo 1 > /proc/sys/x\nx"]),
        ("while :; do x && sleep 60 || sleep 300; done", &["sh", "-c", "x && : || :"]),
        (
            "while :; do if x; then sleep 60; else y; sleep 300; fi; done",
            &["sh", "-c", "if x; then :; else y; :; fi"],
        ),
    ];
    for (text, command) in kept {
        let found = look(text, &[]);
        assert_eq!(found.commands, [command], "{text}: {:?}", found.reasons);
        assert_ne!(found.convert, Verdict::No, "{text}: {:?}", found.reasons);
    }
}

/// … or among the reasons.
#[test]
fn what_is_not_in_the_command_is_said() {
    let said = [
        ("while :; do x || break; sleep 60; done; after", Verdict::No, "`after` in line 1"),
        ("while $RUN; do x; sleep 60; done\nafter", Verdict::No, "`after` in line 2"),
        ("while :; do x; sleep 60; y; done", Verdict::No, "in the middle of a round"),
        ("while [ ! -f /stop ]; do x; sleep 60; done\nafter", Verdict::No, "a condition ends its loop"),
        (
            "while $RUN; do x; sleep 60; done",
            Verdict::WithWarning,
            "taken that the condition on `RUN` in line 1 of the script holds",
        ),
        (
            "while sleep 60; do x; done\nafter",
            Verdict::Yes,
            "`after` in line 2 of the script follows the loop",
        ),
        (
            "trap 'rm -f /lock' EXIT\nwhile :; do x; sleep 60; done",
            Verdict::WithWarning,
            "the trap in line 1",
        ),
        (
            "f() { tell; }\ntrap f TERM\nwhile :; do x; sleep 60; done",
            Verdict::WithWarning,
            "the trap in line 2",
        ),
        (
            "if [ $M = a ]; then while :; do x; sleep 60; done; fi",
            Verdict::WithWarning,
            "taken that the condition on `M`",
        ),
        (
            "case $M in a) while :; do x; sleep 60; done; esac",
            Verdict::WithWarning,
            "taken that the condition on `M`",
        ),
        ("migrate && while :; do x; sleep 60; done", Verdict::WithWarning, "before each run"),
        ("main() { prepare; while :; do x; sleep 60; done; }\nmain", Verdict::WithWarning, "before each run"),
        ("server &\nwhile :; do x; sleep 60; done", Verdict::No, "another process"),
        ("while sleep 5; do x; done", Verdict::No, "5 s after it ended"),
    ];
    for (text, verdict, reason) in said {
        let found = look(text, &[]);
        assert_eq!(found.convert, verdict, "{text}: {:?}", found.reasons);
        assert!(found.reasons.iter().any(|own| own.contains(reason)), "{text}: {:?}", found.reasons);
        let is_unlikely = text.contains("$M");
        assert_eq!(found.repeats, !is_unlikely, "{text}");
    }
}

#[test]
fn of_branches_the_likely_one_sets_the_interval() {
    for (before, seconds) in [
        ("if [ \"$M\" = fast ]; then I=60; else I=3600; fi", 3600),
        ("if [ -z \"$M\" ]; then I=7200; else I=60; fi", 7200),
        ("case \"${M:-day}\" in hour) I=3600;; day) I=86400;; esac", 86_400),
        ("I=120\ncase \"$M\" in hour) I=3600;; esac", 120),
    ] {
        let found = look(&format!("{before}\nwhile :; do x; sleep $I; done"), &[]);
        assert_eq!((found.kind, found.interval), (Kind::PeriodicLoop, Some(seconds)), "{before}");
    }
}

#[test]
fn what_only_ends_or_tells_is_no_loss() {
    for text in ["trap 'echo bye; kill $!; exit 0' TERM INT\n", "echo start && ", "sleep 5\n"] {
        let found = look(&format!("{text}while :; do x; sleep 60 & wait $!; done"), &[]);
        assert_eq!((found.convert, found.reasons.len()), (Verdict::Yes, 0), "{text}");
        assert_eq!(found.commands, [["x"]], "{text}");
    }
}

#[test]
fn depth_and_length_have_limits() {
    let repeated = [
        "(",
        "((",
        "$(",
        "\"$(",
        "${a:-",
        "x=(",
        "!(",
        "<(",
        "{ ",
        "if ",
        "if :; then ",
        "while ",
        "case x in a) ",
        "f() { ",
        "function ",
        "coproc ",
        "! ",
        "[[ ( ",
        "`\\`",
        "[[ ! ",
        "for x in a; do ",
        "$((",
        "$[",
        "<<A ",
        "<<'' ",
        "<<\r",
        "cat <<\x0c",
        "a[a[",
        "time ",
        "1>",
        "\\\n",
        "a && ",
        "x | ",
        "elif ",
        "esac;",
        "a=$a$a;",
    ];
    let around =
        ["while :; do x; sleep $((", "while :; do ", "x <<A\n", "", "f() { f; f; }; f; ", "* * * * * "];
    for (unit, around) in repeated.iter().flat_map(|unit| around.iter().map(move |around| (unit, around))) {
        look(&format!("{around}{}", unit.repeat(3_000)), &["a", "60"]);
    }
    for text in ["(".repeat(100_000), "if :; then ".repeat(5_000), "! ".repeat(50_000), "x".repeat(2 << 20)] {
        assert_eq!(look(&text, &[]).kind, Kind::Other);
    }
    for text in ["{ ".repeat(45) + "x" + &"; }".repeat(45), "( ".repeat(45) + "crond" + &" )".repeat(45)] {
        cron_daemon::read(&[&text], &|_| None, &Scripts::default());
    }
    let functions: String =
        (0..300).map(|n| format!("f{n}() {{ f{m}; f{m}; f{m}; }}\n", m = n + 1)).collect();
    look(&format!("{functions}while :; do f0; sleep 60; done"), &[]);
    let grows = "a=$a$a$a$a\n".repeat(200);
    assert_eq!(look(&format!("a=60\n{grows}while :; do x; sleep $a; done"), &[]).interval, None);
}

/// Texts that are nearly scripts.
fn nearly_script() -> impl Strategy<Value = String> {
    let words = "while until for do done if then else fi case in esac true : sleep 60 $X ${X:-5} $((X*60)) $(date) \
        \"$1\" 'a x & && || | ; ( ) { } (( )) [[ ]] [ ] ! = > <<E E $! wait trap exit break f() f é ` # \\ A=1 \
        export local echo exec";
    let words: Vec<&str> = words.split_whitespace().chain(["\n"]).collect();
    proptest::collection::vec(proptest::sample::select(words), 0..40).prop_map(|words| words.join(" "))
}

proptest! {
    #[test]
    fn any_text_is_taken(text in ".{0,200}") {
        look(&text, &["a", "60"]);
    }

    #[test]
    fn anything_like_a_script_is_taken(text in nearly_script()) {
        let found = look(&text, &["a", "60"]);
        prop_assert!(found.kind == Kind::PeriodicLoop || found.convert == Verdict::No);
        let inside = look(&format!("while :; do {text}; sleep 60; done"), &[]);
        prop_assert!(inside.kind == Kind::PeriodicLoop || inside.convert == Verdict::No);
    }
}
