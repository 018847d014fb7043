INSERT INTO t VALUES (1, 'x'), (1, 'x'), (1, 'x'), (2, 'y'), (3, NULL), (3, NULL), (NULL, NULL), (4, 'w');
