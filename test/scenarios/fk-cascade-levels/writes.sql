-- before
DELETE FROM p WHERE id = 1;
-- during
DELETE FROM p WHERE id = 2;
DELETE FROM c WHERE id = 5;
-- after
DELETE FROM p WHERE id = 4;
-- service
DELETE FROM p WHERE id = 5;
