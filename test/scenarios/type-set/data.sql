INSERT INTO v VALUES (-1, 'x,y,ö'), (0, ''), (1, 'y'), (2, NULL), (3, 'x,y,ö'), (4, '');
