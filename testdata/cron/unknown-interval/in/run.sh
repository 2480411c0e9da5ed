while :; do ./refresh; sleep "$REFRESH_SECONDS"; done
