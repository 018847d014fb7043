INSERT INTO t VALUES (x'00', 1), (x'00ff', 2), (x'5c4e27', 3), (x'ffffffffffffffffffffffffffffffff', 4);
