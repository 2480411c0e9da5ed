#!/bin/bash
set -e
docker-entrypoint.sh rabbitmq-server -detached
rabbitmqctl await_startup
rabbitmqctl stop_app
rabbitmqctl join_cluster rabbit@rabbit1
rabbitmqctl start_app
exec tail -f /dev/null
