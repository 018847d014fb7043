INSERT INTO t VALUES (1, 'one', 1), (2, 'two', 1), (3, NULL, 1), (3, NULL, 1), (4, 'four', 1), (5, 'five', 1), (6, 'six', 1);
