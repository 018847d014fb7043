INSERT INTO t VALUES ('a', 1), ('A', 2), ('á', 3), ('🌳', 4);
