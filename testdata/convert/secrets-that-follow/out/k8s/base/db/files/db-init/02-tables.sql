CREATE TABLE birds (id int);
CREATE TABLE nests (id int);
