INSERT INTO t VALUES ('z', 1, 'one'), ('x', 1, 'two'), ('y', 1, NULL), ('y', 2, '네'), ('z', -3, 'five');
