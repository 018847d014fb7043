INSERT INTO t VALUES (0, 1), (255, 2), (1, 3), (2, 4);
