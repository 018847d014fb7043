INSERT INTO t VALUES ('a', 1), ('ab', 2), ('b', 3), ('', 4);
