INSERT INTO t VALUES (1, 'A@x.kr');
