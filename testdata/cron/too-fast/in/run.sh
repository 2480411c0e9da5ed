while true; do ./poll.sh --once; sleep 15; done
