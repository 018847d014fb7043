INSERT INTO v VALUES (-1, b'0'), (0, b'1'), (1, b'1'), (2, NULL), (3, b'0'), (4, b'1');
