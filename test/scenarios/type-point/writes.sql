-- before
INSERT INTO v VALUES (10, ST_GeomFromText('POINT(-1.5 0)'));
UPDATE v SET v = NULL WHERE id = 3;
-- during
DELETE FROM v WHERE id = 4;
INSERT INTO v VALUES (11, ST_GeomFromText('POINT(1 2)'));
UPDATE v SET v = ST_GeomFromText('POINT(1 2)') WHERE id = 2;
-- after
UPDATE v SET v = ST_GeomFromText('POINT(-1.5 0)') WHERE id = 1;
DELETE FROM v WHERE id = -1;
-- service
INSERT INTO v VALUES (20, ST_GeomFromText('POINT(1 2)')), (21, NULL);
UPDATE v SET v = NULL WHERE id = 0;
DELETE FROM v WHERE id = 2;
