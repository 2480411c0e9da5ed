CREATE ROLE reader LOGIN PASSWORD 'night-jar-12';
CREATE ROLE writer LOGIN PASSWORD 'sand-piper-3';
