INSERT INTO p (code) VALUES ('a'),('B'),('é'),('d'),('f');
INSERT INTO c (code) VALUES ('a'),('A'),('b'),('E'),('é'),('d'),(NULL);
