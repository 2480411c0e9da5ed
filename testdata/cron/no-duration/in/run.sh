while :; do ./refresh; sleep 5x; done
