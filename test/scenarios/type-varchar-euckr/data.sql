INSERT INTO v VALUES (-1, '한글'), (0, ''), (1, 'x'), (2, NULL), (3, '한글'), (4, '');
