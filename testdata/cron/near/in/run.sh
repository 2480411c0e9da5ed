while :; do ./refresh; sleep 420; done
