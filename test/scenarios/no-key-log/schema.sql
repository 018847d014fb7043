CREATE TABLE t (logged TIMESTAMP(3) NULL, level ENUM('info', 'warn', 'error') NOT NULL, user_id INT, message TEXT NOT NULL, extra LONGTEXT) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
