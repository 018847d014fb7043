INSERT INTO v VALUES (-1, _ucs2 x'0041d55c'), (0, ''), (1, 'b'), (2, NULL), (3, _ucs2 x'0041d55c'), (4, '');
