FROM grafana/grafana:11.1.0
COPY number.Dockerfile /etc/
