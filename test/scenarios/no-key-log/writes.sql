-- before
INSERT INTO t VALUES ('2026-01-01 00:00:01', 'info', 2, 'out', NULL), ('2026-01-01 00:00:01', 'info', 2, 'out', NULL);
-- during
INSERT INTO t VALUES ('2024-10-27 00:30:00.100', 'info', 1, 'in', NULL);
UPDATE t SET level = 'error' WHERE level = 'warn';
DELETE FROM t WHERE message = 'out' LIMIT 1;
-- after
INSERT INTO t SELECT * FROM t WHERE level = 'error';
UPDATE t SET message = CONCAT(message, '!') WHERE user_id = 7 LIMIT 1;
UPDATE t SET logged = NULL WHERE user_id = 1 LIMIT 2;
-- service
INSERT INTO t VALUES ('2026-01-02 00:00:00', 'warn', NULL, 'of the service', NULL);
INSERT INTO t SELECT * FROM t WHERE level = 'warn';
DELETE FROM t WHERE level = 'info' LIMIT 2;
UPDATE t SET extra = NULL;
