-- before
UPDATE p SET code = 'A' WHERE id = 1;
-- during
UPDATE p SET code = 'bee' WHERE id = 2;
DELETE FROM p WHERE code = 'é';
-- after
DELETE FROM p WHERE code = 'D';
-- service
DELETE FROM p WHERE id = 1;
UPDATE p SET code = 'eee' WHERE id = 5;
