INSERT INTO t (id, a, at) VALUES (1, 1, '10:00:00.7'), (2, NULL, NULL), (3, 3.50, '10:00:00.2');
