-- before
UPDATE p SET b = 'X' WHERE a = 1 AND b = 'x';
-- during
DELETE FROM p WHERE a = 1 AND b = 'y';
-- after
UPDATE p SET a = 9 WHERE a = 2;
-- service
DELETE FROM p WHERE a = 3;
