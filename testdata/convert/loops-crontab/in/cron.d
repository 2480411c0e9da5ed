SHELL=/bin/bash
BASH_ENV=/env
PATH=/usr/local/bin:/usr/bin:/bin
MAILTO=ops@example.org
# m h dom mon dow user command
0 5 * * 1-5 www-data . /env; cd /app && ./sync.sh >> /var/log/cron.log 2>&1
30 5 1 * * root /usr/bin/report --date \%F
