INSERT INTO t VALUES (1, 1, NULL), (2, 200, 'x'), (3, NULL, NULL), (4, 4, 'y');
