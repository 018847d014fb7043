INSERT INTO v VALUES (-1, 'a', 'x,ö', 'one', 'm'), (0, _utf8mb4'Á', '', 'two', NULL), (1, 'z', _utf8mb4'ö', 'one', 'm,n'), (2, NULL, 'q', 'two', ''), (3, 'a', '', 'one', 'n'), (4, 'z', 'x,q', 'two', 'm');
INSERT INTO w VALUES ('one', '', 1), (_utf8mb4'Á', 'x', 2), ('one', _utf8mb4'x,ö', 3);
