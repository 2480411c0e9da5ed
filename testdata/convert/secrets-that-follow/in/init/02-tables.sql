CREATE TABLE birds (id int);
