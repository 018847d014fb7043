INSERT INTO v VALUES (-1, ''), (0, 'x'), (1, 'x'), (2, NULL), (3, ''), (4, 'x');
