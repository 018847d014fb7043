INSERT INTO t VALUES ('Alpha', 1), ('beta', 2), ('ÄRGER', 3), ('한글', 4);
