-- before
UPDATE t SET k = 'A' WHERE k = 'a';
-- during
UPDATE t SET k = 'Á' WHERE k = 'a';
UPDATE t SET k = 'B' WHERE k = 'b';
-- after
UPDATE t SET k = 'C' WHERE k = 'c';
-- service
UPDATE t SET k = 'a' WHERE k = 'a';
UPDATE t SET k = 'e' WHERE k = 'd';
