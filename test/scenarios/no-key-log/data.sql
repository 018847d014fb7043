INSERT INTO t VALUES ('2024-10-27 00:30:00.100', 'info', 1, 'in', NULL), ('2024-10-27 01:30:00.100', 'info', 1, 'in', NULL), (NULL, 'warn', NULL, '', 'x'), ('2024-10-27 00:30:00.100', 'info', 1, 'in', NULL);
INSERT INTO t VALUES ('2026-01-01 00:00:00', 'error', 7, REPEAT('long ', 4000), REPEAT('한글', 30000)), (0, 'info', 0, 'zero', '');
