INSERT INTO t VALUES ('a', 1), ('ö', 2), ('z', 3), ('quote''s', 4);
