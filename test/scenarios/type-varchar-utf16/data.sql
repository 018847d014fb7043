INSERT INTO v VALUES (-1, '🌳'), (0, 'a'), (1, ''), (2, NULL), (3, '🌳'), (4, 'a');
