CREATE ROLE reader LOGIN PASSWORD 'night-jar-12';
