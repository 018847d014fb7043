-- before
UPDATE t SET a = '::2';
-- during
DELETE FROM t WHERE b = '10.0.0.1';
-- after
INSERT INTO t VALUES ('22222222-2222-1333-8444-555555555555','::3','10.0.0.3');
-- service
UPDATE t SET a = NULL;
