INSERT INTO v VALUES (-1, _latin1 x'e9ff80'), (0, ''), (1, 'a'), (2, NULL), (3, _latin1 x'e9ff80'), (4, '');
