INSERT INTO p VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd'), (5, 'e');
INSERT INTO c (id, p_id) VALUES (1, 1), (2, 1), (3, 2), (4, 3), (5, 4), (6, NULL);
INSERT INTO g VALUES (1, 1), (2, 3), (3, 5), (4, 6);
