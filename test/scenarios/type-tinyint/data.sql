INSERT INTO v VALUES (-1, 0), (0, 255), (1, 7), (2, NULL), (3, 0), (4, 255);
