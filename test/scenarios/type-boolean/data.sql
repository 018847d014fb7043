INSERT INTO v VALUES (-1, 0), (0, 1), (1, 1), (2, NULL), (3, 0), (4, 1);
