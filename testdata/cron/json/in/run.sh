while :; do ./refresh "$1"; sleep ${EVERY:-10m}; done
