INSERT INTO v VALUES (-1, 'a  '), (0, ''), (1, '가'), (2, NULL), (3, 'a  '), (4, '');
