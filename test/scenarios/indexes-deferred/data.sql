INSERT INTO p VALUES (1, 1), (2, 2);
INSERT INTO t (id, p, a, b, body) VALUES (1, 1, 'a', 1, 'one word'), (2, 2, 'b', 2, NULL), (3, NULL, 'c', 3, 'more'), (4, 1, 'd', 4, 'x');
