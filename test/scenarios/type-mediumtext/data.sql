INSERT INTO v VALUES (-1, REPEAT('강', 70000)), (0, ''), (1, 'm'), (2, NULL), (3, REPEAT('강', 70000)), (4, '');
