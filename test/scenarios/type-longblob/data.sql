INSERT INTO v VALUES (-1, x'00ff5c0a09'), (0, ''), (1, REPEAT(x'00', 100000)), (2, NULL), (3, x'00ff5c0a09'), (4, '');
