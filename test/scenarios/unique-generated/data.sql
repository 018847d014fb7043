INSERT INTO t (id, mail, deleted, n) VALUES (1, 'A@x.kr', NULL, 1.50), (2, 'b@x.kr', NULL, 2.50), (3, 'á@X.kr ', 1, 3.25), (4, NULL, NULL, NULL), (5, NULL, NULL, NULL), (6, '강@x.kr', NULL, 6.00);
