CREATE TABLE t (id INT NOT NULL PRIMARY KEY, a INT, twice INT AS (a * 2) STORED, thrice INT AS (a * 3) VIRTUAL, KEY t2 (twice)) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
