INSERT INTO v VALUES (-1, ST_GeomFromText('POINT(1 2)')), (0, ST_GeomFromText('POINT(-1.5 0)')), (1, NULL), (2, NULL), (3, ST_GeomFromText('POINT(1 2)')), (4, ST_GeomFromText('POINT(-1.5 0)'));
