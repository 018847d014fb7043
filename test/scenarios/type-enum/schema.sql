CREATE TABLE v (id INT NOT NULL PRIMARY KEY, v ENUM('a','b''c','é','한')) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
