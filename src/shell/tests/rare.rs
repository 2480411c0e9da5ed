//! Scripts in forms that are rare: what each is, and after how many seconds it begins again.

use super::{Kind, look};

/// A script, what it is, and its interval.
type Case = (&'static str, Kind, Option<u64>);

#[rustfmt::skip] // One line a script.
const SCRIPTS: &[Case] = &[
    ("#!/bin/bash\nfor ((;;)); do\n  /app/collect --all\n  sleep 1m\ndone\n", Kind::PeriodicLoop, Some(60)),
    ("#!/bin/sh\nwhile true; do gateway --grpc-host=0.0.0.0 --grpc-port=7000; sleep 10; done\n", Kind::Daemon, None),
    ("#!/bin/sh\nwhile true; do report 0.0.0.0:7000 --bind-dn cn=app; sleep 60; done\n", Kind::PeriodicLoop, Some(60)),
    ("#!/bin/sh\nwhile true; do gateway --host 0.0.0.0; sleep 10; done\n", Kind::Daemon, None),
    ("#!/bin/sh\nuntil false; do php artisan queue:prune; sleep 300; done\n", Kind::PeriodicLoop, Some(300)),
    ("#!/bin/sh\nwhile [ 1 -eq 1 ]\ndo\n\tpython /app/sync.py\n\tsleep $((60*60))\ndone\n", Kind::PeriodicLoop, Some(3600)),
    ("#!/bin/bash\nwhile (( 1 )); do node dist/report.js || echo failed; sleep 900; done\n", Kind::PeriodicLoop, Some(900)),
    ("#!/bin/sh\nset -eu\nrun() {\n  curl -fsS http://api/refresh >/dev/null\n}\nmain() {\n  while :; do\n    run\n    sleep 120\n  done\n}\nmain \"$@\"\n", Kind::PeriodicLoop, Some(120)),
    ("#!/bin/bash\nwhile true; do\n  ./export-metrics\n  read -t 60 < <(:) || true\n  sleep 60\ndone\n", Kind::PeriodicLoop, Some(60)),
    ("#!/bin/bash\ntrap \"exit 0\" TERM INT\nwhile true; do\n  ./renew\n  sleep 1800 & wait $!\ndone\n", Kind::PeriodicLoop, Some(1800)),
    ("#!/bin/sh\ntrap exit TERM\nwhile :; do certbot renew; sleep 12h & wait ${!}; done\n", Kind::PeriodicLoop, Some(43200)),
    ("#!/bin/sh\nwhile true; do wget -qO- http://app/tick; sleep 10; done\n", Kind::PeriodicLoop, Some(10)),
    ("#!/bin/sh\n: \"${PERIOD:=900}\"\nwhile :; do /bin/prune; sleep \"$PERIOD\"; done\n", Kind::PeriodicLoop, Some(900)),
    ("#!/bin/sh\nMINUTES=${MINUTES:-30}\nwhile true; do restic backup /data; sleep \"${MINUTES}m\"; done\n", Kind::PeriodicLoop, Some(1800)),
    ("#!/bin/bash\nHOURS=\"${HOURS:-2}\"\nwhile true; do\n  tar czf /backup/x.tgz /data\n  sleep $(( HOURS * 3600 ))\ndone\n", Kind::PeriodicLoop, Some(7200)),
    ("#!/bin/bash\nwhile true; do rsync -a /src/ /dst/; sleep 1h 1m 1s; done\n", Kind::PeriodicLoop, Some(3661)),
    ("#!/bin/sh\nwhile true\ndo\n  pg_dump -h db app | gzip > /b/$(date +%F).gz\n  find /b -mtime +7 -delete\n  sleep 1d\ndone\n", Kind::PeriodicLoop, Some(86400)),
    ("#!/bin/bash\nwhile true; do\n  sleep $(( $(date -d \"tomorrow 02:30\" +%s) - $(date +%s) ))\n  /app/nightly\ndone\n", Kind::PeriodicLoop, Some(86400)),
    ("#!/bin/sh\nwhile true; do\n  if [ \"$(date +%H:%M)\" = \"03:00\" ]; then\n    /app/nightly\n  fi\n  sleep 60\ndone\n", Kind::PeriodicLoop, Some(86400)),
    ("#!/bin/sh\nwhile sleep 86400; do /app/vacuum; done\n", Kind::PeriodicLoop, Some(86400)),
    ("#!/bin/sh\nn=0\nwhile [ $n -lt 5 ]; do\n  /app/migrate && exit 0\n  n=$((n+1))\n  sleep 5\ndone\nexit 1\n", Kind::WaitUntil, None),
    ("#!/bin/bash\nfor i in {1..30}; do\n  curl -fs http://api/ready && break\n  sleep 2\ndone\nexec ./serve\n", Kind::Retry, None),
    ("#!/bin/sh\nfor i in $(seq 1 60); do nc -z db 5432 && break; sleep 1; done\nexec gunicorn app:app\n", Kind::Retry, None),
    ("#!/bin/sh\nuntil pg_isready -h db; do echo waiting; sleep 1; done\nexec rails server\n", Kind::WaitUntil, None),
    ("#!/bin/bash\nwhile [[ \"$(curl -s -o /dev/null -w %{http_code} http://es:9200)\" != \"200\" ]]; do sleep 5; done\n/setup.sh\n", Kind::WaitUntil, None),
    ("#!/bin/sh\nwhile [ ! -f /shared/ready ]; do sleep 1; done\nexec /app/server\n", Kind::WaitUntil, None),
    ("#!/bin/sh\nwhile true; do\n  php artisan queue:work\n  echo \"worker ended, again in 5 s\"\n  sleep 5\ndone\n", Kind::Daemon, None),
    ("#!/bin/sh\nservice ssh start\nwhile true; do sleep 3600; done\n", Kind::Daemon, None),
    ("#!/bin/sh\n/app/init\ntail -f /dev/null\n", Kind::Daemon, None),
    ("#!/bin/bash\nnginx -g \"daemon off;\" &\nwhile :; do\n  sleep 6h\n  nginx -s reload\ndone\n", Kind::Daemon, None),
    ("#!/bin/sh\nwhile inotifywait -e close_write /in; do /app/import /in; done\n", Kind::Daemon, None),
    ("#!/bin/sh\nexec watch -n 60 /app/collect\n", Kind::PeriodicLoop, Some(60)),
    ("#!/bin/bash\nwhile true; do\n  for db in a b c; do pg_dump \"$db\" > \"/b/$db.sql\"; done\n  sleep 3600\ndone\n", Kind::PeriodicLoop, Some(3600)),
    ("#!/bin/sh\ncase \"${EVERY:-day}\" in\n  hour) I=3600;;\n  day) I=86400;;\nesac\nwhile true; do /app/rotate; sleep $I; done\n", Kind::PeriodicLoop, Some(86400)),
    ("#!/bin/sh\nwhile true; do\npython - <<EOF\nimport app\napp.sync()\nEOF\nsleep 300\ndone\n", Kind::PeriodicLoop, Some(300)),
    ("sh -c 'while true; do date; /usr/local/bin/check.sh; sleep 120; done'", Kind::PeriodicLoop, Some(120)),
    ("#!/bin/sh\nwhile true; do\n  /app/job &\n  sleep 60\ndone\n", Kind::PeriodicLoop, Some(60)),
    ("#!/bin/sh\nfirst=1\nwhile true; do\n  [ -n \"$first\" ] && first= || /app/hourly\n  sleep 3600\ndone\n", Kind::PeriodicLoop, Some(3600)),
    ("#!/bin/sh\necho \"*/5 * * * * /app/job\" > /etc/crontabs/root\nexec crond -f\n", Kind::Crontab, None),
    ("#!/bin/bash\n(crontab -l 2>/dev/null; echo \"0 4 * * * /backup.sh\") | crontab -\ncron -f\n", Kind::Crontab, None),
    ("#!/bin/sh\nset -e\npython manage.py migrate\nexec gunicorn app.wsgi -b 0.0.0.0:8000\n", Kind::Other, None),
    ("#!/bin/bash\nset -euo pipefail\nwhile :\ndo\n  if ! ./job; then echo \"job failed\" >&2; exit 1; fi\n  sleep 60s\ndone\n", Kind::PeriodicLoop, Some(60)),
    ("#!/bin/sh\nlog() { printf \"%s %s\\n\" \"$(date)\" \"$*\"; }\nwhile true; do\n  log start\n  /app/feed update || log \"failed: $?\"\n  log \"sleeping\"\n  sleep 5m\ndone\n", Kind::PeriodicLoop, Some(300)),
    ("#!/bin/bash\nINTERVAL=$(cat /config/interval)\nwhile true; do /app/run; sleep \"$INTERVAL\"; done\n", Kind::PeriodicLoop, None),
    ("#!/bin/bash\nwhile :; do ./job; read -t 60 <> <(:); done\n", Kind::PeriodicLoop, Some(60)),
    ("#!/bin/bash\nwhile true; do ./job; read -rt 300 || true; done\n", Kind::PeriodicLoop, Some(300)),
    ("#!/bin/bash\nexec 3<> <(:)\nwhile true; do ./job; read -t \"${PAUSE:-120}\" -u 3; done\n", Kind::PeriodicLoop, Some(120)),
    ("#!/bin/bash\nwhile ! read -t 600 _; do ./job; done\n", Kind::PeriodicLoop, Some(600)),
    ("#!/bin/bash\nwhile read -t 60 line; do ./job \"$line\"; done\n", Kind::Other, None),
    ("#!/bin/bash\nwhile true; do read -t 60 line && ./job \"$line\"; done\n", Kind::Daemon, None),
    ("#!/bin/sh\nwhile true; do ./job; usleep 60000000; done\n", Kind::PeriodicLoop, Some(60)),
    ("#!/bin/sh\nPAUSE=300000000\nwhile :; do ./job; busybox usleep $PAUSE; done\n", Kind::PeriodicLoop, Some(300)),
    ("#!/bin/sh\nwhile true; do ./job; ping -c 61 127.0.0.1 > /dev/null; done\n", Kind::PeriodicLoop, Some(60)),
    ("#!/bin/sh\nwhile true; do ./job; ping -i 60 -c 6 localhost >/dev/null 2>&1; done\n", Kind::PeriodicLoop, Some(300)),
    ("#!/bin/sh\nwhile true; do ping -c 1 gateway || ./alert; sleep 60; done\n", Kind::PeriodicLoop, Some(60)),
    ("exec -a poller sh -c 'while true; do ./job; sleep 60; done'", Kind::PeriodicLoop, Some(60)),
    ("#!/bin/sh\nseq inf | while read _; do ./job; sleep 60; done\n", Kind::PeriodicLoop, Some(60)),
    ("#!/bin/sh\nseq 1 infinity | while read -r n; do ./job; sleep 300; done\n", Kind::PeriodicLoop, Some(300)),
    ("#!/bin/sh\nseq 5 | while read n; do ./job; sleep 60; done\n", Kind::Retry, None),
    ("#!/bin/sh\nwhile :; do ./job; timeout 5m sleep infinity; done\n", Kind::PeriodicLoop, Some(300)),
];

#[test]
fn rare_forms_are_understood() {
    for (text, kind, interval) in SCRIPTS {
        let found = look(text, &[]);
        assert_eq!((found.kind, found.interval), (*kind, *interval), "{text}: {:?}", found.reasons);
    }
}
